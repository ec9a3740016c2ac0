/** Node's codes of a failed connection, in words. The first match counts. */
const REASONS: readonly (readonly [codes: RegExp, reason: (error: ConnectionError) => string])[] = [
  [/^ENOTFOUND$/, ({ hostname }) => `there is no host ${hostname ?? 'of this name'}`],
  [/^EAI_/, ({ hostname }) => `the name ${hostname ?? 'of the host'} cannot be looked up`],
  [/^ECONNREFUSED$/, ({ address, port }) => `nothing listens at ${place(address, port)}`],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, () => 'the connection was cut'],
  [/^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/, () => 'the network does not lead there'],
  [/TIMEOUT|^ETIMEDOUT$/, () => 'there is no answer'],
  [/^ERR_PROXY/, ({ message }) => `the proxy refuses: ${message}`],
  [/^(ECONN|UND_ERR)/, () => 'the connection failed'],
  [/^EPROTO$|^ERR_SSL/, () => 'it does not speak TLS'],
  [/^HPE_|^HTTPParserError$/, () => 'its answer is not HTTP'],
  [/^CERT_|^ERR_TLS_CERT|SIGNED_CERT|UNABLE_TO_(VERIFY|GET)/, () => 'its certificate is refused'],
];

interface ConnectionError extends Error {
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
  readonly errors?: readonly unknown[];
}

/**
 * Why a connection failed: `nothing listens at 127.0.0.1:3000 (ECONNREFUSED)`. Undefined for other errors.
 */
export function connectionProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error);
  const [, reason] = REASONS.find(([codes]) => codes.test(code)) ?? [];
  // First, because the SDK also uses TimeoutError for a connection that was cut.
  if (reason) return `${reason(innermost(error))} (${code})`;
  if (error.name === 'TimeoutError') return 'there is no answer';
  return error.message === 'fetch failed' ? refusedByFetch(error) : undefined;
}

/** `fetch` refuses an answer 407 and gives no reason. */
function refusedByFetch({ cause }: Error): string {
  const { message = '' } = cause instanceof Error ? cause : {};
  return message || 'its answer cannot be used, such as one of a proxy that wants a login (407)';
}

/** Node's code of a failed connection. `fetch` has it only in the cause. */
export function codeOf(error: Error): string {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  if (error.name === 'HTTPParserError') return error.name;
  return cause instanceof Error ? codeOf(cause) : '';
}

/** The innermost error has the address. A name such as `localhost` may have two. */
function innermost(error: ConnectionError): ConnectionError {
  const [first] = error.errors ?? [];
  if (first instanceof Error) return first;
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

function place(address: string | undefined, port: number | undefined): string {
  if (!address) return 'this address';
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

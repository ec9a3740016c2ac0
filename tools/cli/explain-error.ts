import { codeOf, connectionProblem } from '../pbx-simulator/connection-problem.ts';
import { CliError, EXIT } from './cli-error.ts';

/** What to do if something other than AWS answers. */
export const NOT_AWS =
  'Something between here and AWS answers, such as a proxy or the login page of a network. Log in there, or check HTTPS_PROXY and AWS_ENDPOINT_URL.';
const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError)$/;
const TEST_CREDENTIALS = '`aws sts get-caller-identity` tests them.';

type Explanation = (error: Error) => CliError | undefined;

/** The first that knows the error counts. */
const EXPLANATIONS: readonly Explanation[] = [
  (error) => (error instanceof CliError ? error : undefined),
  wrongClock,
  named(
    NO_CREDENTIALS,
    EXIT.notAllowed,
    ({ message }) => `There are no AWS credentials: ${message}`,
    `Name a profile with --profile or AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. ${TEST_CREDENTIALS}`,
  ),
  named(
    /Expired|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|Signature/,
    EXIT.notAllowed,
    ({ message }) => `AWS does not accept the credentials: ${message}`,
    `Log in again, or use other credentials. ${TEST_CREDENTIALS}`,
  ),
  named(
    /AccessDenied|Authorization|NotAuthorized|Forbidden|KMSAccessDenied/,
    EXIT.notAllowed,
    ({ message }) => `AWS does not allow it: ${message}`,
    'docs/permissions.md says which policy this command needs.',
  ),
  named(
    /Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded/,
    EXIT.failed,
    ({ name }) => `AWS throttles the requests: ${name}`,
    'Try again in a minute.',
  ),
  named(
    /^(ResourceNotFound|NotFound|QueueDoesNotExist)/,
    EXIT.notFound,
    ({ message }) => `A part of the stack is gone: ${message}`,
    'If the stack was removed, deploy it again. If only this part was removed: docs/operations.md#changed-by-hand',
  ),
  noConnection,
  otherAnswer,
];

/**
 * What an error means for the operator. Nothing if the error is not expected: then it is a bug of this tool.
 */
export function explainError(error: unknown): CliError | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const explain of EXPLANATIONS) {
    const explained = explain(error);
    if (explained) return explained;
  }
  return undefined;
}

/** Whether the SDK found no credentials, or their source refused to give them. */
export function isWithoutCredentials(error: unknown): boolean {
  return error instanceof Error && NO_CREDENTIALS.test(error.name);
}

/** Explains an error by its name. */
function named(
  names: RegExp,
  exitCode: CliError['exitCode'],
  messageOf: (error: Error) => string,
  hint: string,
): Explanation {
  // `Unknown` comes from the SDK: an answer of AWS has a reason.
  return (error) =>
    names.test(error.name) && error.message !== 'Unknown'
      ? new CliError(exitCode, messageOf(error), hint)
      : undefined;
}

/** AWS accepts signatures that are at most this old. Some services accept older ones. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;
/** The SDK corrects its clock by the date of an answer, and tries again. These errors come if that does not help. */
const CLOCK_ERRORS = /^(RequestExpired|RequestInTheFuture|RequestTimeTooSkewed)$/;

/** AWS may refuse a signature because of its time. Then the credentials are right. */
function wrongClock(error: Error): CliError | undefined {
  const { name, message } = error;
  const isClock = CLOCK_ERRORS.test(name);
  if (!isClock && !/Signature|^AuthFailure$/.test(name)) return undefined;
  const { $response } = error as { $response?: { headers?: Record<string, string | undefined> } };
  /** How far this machine's clock is ahead of the server's, ms. */
  const ahead = Date.now() - Date.parse($response?.headers?.date ?? '');
  const isOff = Math.abs(ahead) >= CLOCK_TOLERANCE_MS;
  if (!isOff && !isClock && !/^Signature (expired|not yet current)/.test(message)) return undefined;
  return new CliError(
    EXIT.failed,
    isOff
      ? `This machine's clock is ${duration(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} AWS's.`
      : `AWS says that this machine's clock is off: ${message}`,
    'Set the clock, best by switching on its synchronisation, and run the command again. The credentials are not the cause.',
  );
}

function duration(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

function noConnection(error: Error): CliError | undefined {
  const problem = connectionProblem(error);
  if (!problem) return undefined;
  const hint =
    connectionHint(error) ?? 'Check the network, the region, HTTPS_PROXY and AWS_ENDPOINT_URL.';
  return new CliError(EXIT.failed, `AWS cannot be reached: ${problem}`, hint);
}

/** AWS gives a reason that the SDK can read. Other servers do not. */
function otherAnswer(error: Error): CliError | undefined {
  if (!('$metadata' in error)) return undefined;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: number };
  if (/^Unknown(Error)?$/.test(error.message) || error.message.includes('Deserialization error')) {
    const message = `The answer ${httpStatusCode ?? ''} does not come from AWS: the SDK cannot read it.`;
    return new CliError(EXIT.failed, message, NOT_AWS);
  }
  const hint = error.message ? '' : 'Try again in a minute.';
  return new CliError(EXIT.failed, `AWS answered ${error.name}: ${error.message}`, hint);
}

/** Node's codes of a failed connection, and what to do about each. The first that matches counts. */
const CONNECTION_HINTS: readonly (readonly [codes: RegExp, hint: string])[] = [
  [/^ENOTFOUND$/, 'Check the spelling of the region and of AWS_ENDPOINT_URL, then the network.'],
  [
    /CERT.*(EXPIRED|NOT_YET)|(EXPIRED|NOT_YET).*CERT/,
    "Check this machine's clock. If it is right, the certificate of the other side is too old.",
  ],
  [
    /CERT|UNABLE_TO/,
    'A proxy may open TLS here: name the file with its certificate in NODE_EXTRA_CA_CERTS.',
  ],
  [
    /^ERR_PROXY|^EPROTO$|^ERR_SSL|^HPE_|^HTTPParserError$/,
    'Check HTTPS_PROXY, NO_PROXY, the port and the scheme (http or https) of the address.',
  ],
];

/** What to do about a failed connection, if its error code tells. */
export function connectionHint(error: unknown): string | undefined {
  const code = error instanceof Error ? codeOf(error) : '';
  return CONNECTION_HINTS.find(([codes]) => codes.test(code))?.[1];
}

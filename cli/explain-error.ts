import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';

const TEST_CREDENTIALS = '`aws sts get-caller-identity` tests them.';

/** AWS's names of an error, and what it means for an operator. The first that matches counts. */
const AWS_ERRORS: readonly {
  readonly names: RegExp;
  readonly exitCode: CliError['exitCode'];
  readonly message: (error: Error) => string;
  readonly hint: string;
}[] = [
  {
    names: /^CredentialsProviderError$|^TokenProviderError$/,
    exitCode: EXIT.notAllowed,
    message: (error) => `There are no AWS credentials: ${error.message}`,
    hint: `Name a profile with --profile or AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. ${TEST_CREDENTIALS}`,
  },
  {
    names: /Expired|UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|Signature/,
    exitCode: EXIT.notAllowed,
    message: (error) => `AWS does not accept the credentials: ${error.message}`,
    hint: `Log in again, or use other credentials. ${TEST_CREDENTIALS}`,
  },
  {
    names: /AccessDenied|Authorization|NotAuthorized|Forbidden|KMSAccessDenied/,
    exitCode: EXIT.notAllowed,
    message: (error) => `AWS does not allow it: ${error.message}`,
    hint: 'docs/cli.md#permissions has a policy that is enough.',
  },
  {
    names: /Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded/,
    exitCode: EXIT.failed,
    message: (error) => `AWS takes no more requests right now: ${error.name}`,
    hint: 'Try again in a minute.',
  },
  {
    names: /^(ResourceNotFound|NotFound|QueueDoesNotExist)/,
    exitCode: EXIT.notFound,
    message: (error) => `Something of the stack is gone: ${error.message}`,
    hint: 'Was the stack removed, or a part of it? Deploy it again.',
  },
];

const UNREACHABLE = /^(ECONN|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|UND_ERR)/;

/**
 * What an error means for the operator. Nothing if it is none that can be expected: then it is a defect
 * of ours.
 */
export function explainError(error: unknown): CliError | undefined {
  if (!(error instanceof Error)) return undefined;
  const known = AWS_ERRORS.find(({ names }) => names.test(error.name));
  if (known) return new CliError(known.exitCode, known.message(error), known.hint);

  const code = codeOf(error);
  if (UNREACHABLE.test(code) || error.name === 'TimeoutError') {
    const hint = 'Check the network, the region and AWS_ENDPOINT_URL.';
    return new CliError(EXIT.failed, `AWS cannot be reached: ${code || error.message}`, hint);
  }
  if ('$metadata' in error) {
    return new CliError(EXIT.failed, `AWS answered ${error.name}: ${error.message}`);
  }
  return undefined;
}

/** Node's code of a failed connection, which `fetch` has only in the cause. */
export function codeOf(error: Error): string {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause instanceof Error ? codeOf(cause) : '';
}

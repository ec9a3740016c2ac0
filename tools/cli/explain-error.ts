import { codeOf, connectionProblem } from '../pbx-simulator/connection-problem.ts';
import { CliError } from './cli-error.ts';
import { explainClock } from './clock.ts';
import { EXIT } from './exit-codes.ts';

const NOT_AWS =
  'Something between here and AWS answers, such as a proxy or the login page of a network. Log in there, or check HTTPS_PROXY and AWS_ENDPOINT_URL.';
const NO_ANSWER = 'Check the network, the VPN, HTTPS_PROXY and AWS_ENDPOINT_URL.';
const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError)$/;
const TEST_CREDENTIALS = '`aws sts get-caller-identity` tests them.';

/** AWS's names of an error, and what it means for an operator. The first that matches counts. */
const AWS_ERRORS: readonly {
  readonly names: RegExp;
  readonly exitCode: CliError['exitCode'];
  readonly message: (error: Error) => string;
  readonly hint: string;
}[] = [
  {
    names: NO_CREDENTIALS,
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

/**
 * What an error means for the operator. Nothing if it is none that can be expected: then it is a defect
 * of ours.
 */
export function explainError(error: unknown): CliError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof CliError) return error;
  const clock = explainClock(error);
  if (clock) return clock;
  const known = AWS_ERRORS.find(
    ({ names }) => names.test(error.name) && error.message !== 'Unknown',
  );
  if (known) return new CliError(known.exitCode, known.message(error), known.hint);

  const problem = connectionProblem(error);
  if (problem) {
    const hint =
      connectionHint(error) ?? 'Check the network, the region, HTTPS_PROXY and AWS_ENDPOINT_URL.';
    return new CliError(EXIT.failed, `AWS cannot be reached: ${problem}`, hint);
  }
  if (error.name === 'NoAnswerError') return new CliError(EXIT.failed, error.message, NO_ANSWER);
  if (error.name === 'NotAwsError') return new CliError(EXIT.failed, error.message, NOT_AWS);
  if ('$metadata' in error) return explainAnswer(error);
  return undefined;
}

/** Whether the SDK found none, or what gives them refused. */
export function isWithoutCredentials(error: unknown): boolean {
  return error instanceof Error && NO_CREDENTIALS.test(error.name);
}

/** AWS says why it refuses, in words that the SDK understands. Others do not. */
function explainAnswer(error: Error & { $metadata: unknown }): CliError {
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: number };
  if (/^Unknown(Error)?$/.test(error.message) || error.message.includes('Deserialization error')) {
    const message = `The answer ${httpStatusCode ?? ''} does not come from AWS: the SDK cannot read it.`;
    return new CliError(EXIT.failed, message, NOT_AWS);
  }
  const hint = error.message ? '' : 'Try again in a minute.';
  return new CliError(EXIT.failed, `AWS answered ${error.name}: ${error.message}`, hint);
}

/** What to do about a connection that failed for a reason of its own. */
export function connectionHint(error: unknown): string | undefined {
  const code = error instanceof Error ? codeOf(error) : '';
  if (code === 'ENOTFOUND') {
    return 'Check the spelling of the region and of AWS_ENDPOINT_URL, then the network.';
  }
  if (/CERT/.test(code) && /EXPIRED|NOT_YET/.test(code)) {
    return "Check this machine's clock. If it is right, the certificate of the other side is too old.";
  }
  if (/CERT|UNABLE_TO/.test(code)) {
    return 'A proxy may open TLS here: name the file with its certificate in NODE_EXTRA_CA_CERTS.';
  }
  if (/^ERR_PROXY|^EPROTO$|^ERR_SSL|^HPE_|^HTTPParserError$/.test(code)) {
    return 'Check HTTPS_PROXY, NO_PROXY, the port and the scheme (http or https) of the address.';
  }
  return undefined;
}

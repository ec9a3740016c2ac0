import { describe, expect, it } from 'vitest';
import { explainError } from '../../../tools/cli/explain-error.ts';

/** As the SDK throws it. */
function awsError(name: string, message = 'Said AWS'): Error {
  return Object.assign(new Error(message), { name, $metadata: {} });
}

describe('an error', () => {
  it.each([
    ['CredentialsProviderError', 4, 'There are no AWS credentials'],
    ['TokenProviderError', 4, 'There are no AWS credentials'],
    ['ExpiredTokenException', 4, 'AWS does not accept the credentials'],
    ['UnrecognizedClientException', 4, 'AWS does not accept the credentials'],
    ['InvalidClientTokenId', 4, 'AWS does not accept the credentials'],
    ['InvalidAccessKeyId', 4, 'AWS does not accept the credentials'],
    ['SignatureDoesNotMatch', 4, 'AWS does not accept the credentials'],
    ['AccessDenied', 4, 'AWS does not allow it'],
    ['AccessDeniedException', 4, 'AWS does not allow it'],
    ['NotAuthorized', 4, 'AWS does not allow it'],
    ['ForbiddenException', 4, 'AWS does not allow it'],
    ['AuthorizationErrorException', 4, 'AWS does not allow it'],
    ['KMSAccessDeniedException', 4, 'AWS does not allow it'],
    ['ThrottlingException', 1, 'AWS throttles the requests: ThrottlingException'],
    ['ThrottledException', 1, 'AWS throttles the requests: ThrottledException'],
    ['TooManyRequestsException', 1, 'AWS throttles the requests'],
    ['RequestLimitExceeded', 1, 'AWS throttles the requests'],
    ['ProvisionedThroughputExceededException', 1, 'AWS throttles the requests'],
    ['ResourceNotFoundException', 3, 'A part of the stack is gone'],
    ['QueueDoesNotExist', 3, 'A part of the stack is gone'],
    ['NotFoundException', 3, 'A part of the stack is gone'],
    ['InternalServerError', 1, 'AWS answered InternalServerError: Said AWS'],
    ['TimeoutError', 1, 'AWS cannot be reached: there is no answer'],
  ])('%s is exit code %d: %s', (name, exitCode, message) => {
    const explained = explainError(awsError(name));
    expect(explained).toMatchObject({ exitCode, message: expect.stringContaining(message) });
  });

  it.each([
    ['CredentialsProviderError', 'Name a profile with --profile'],
    ['ExpiredTokenException', 'Log in again'],
    ['AccessDenied', 'docs/permissions.md'],
    ['ThrottlingException', 'Try again in a minute.'],
    ['ResourceNotFoundException', 'deploy it again.'],
  ])('%s comes with what to do: %s', (name, hint) => {
    expect(explainError(awsError(name))?.hint).toContain(hint);
  });

  const CODES = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH'];
  it.each([
    ...[...CODES, 'ENETUNREACH', 'EAI_AGAIN'].map((code) =>
      Object.assign(new Error('connect'), { code }),
    ),
    new TypeError('fetch failed', {
      cause: Object.assign(new Error(), { code: 'UND_ERR_SOCKET' }),
    }),
  ])('of the network says that AWS cannot be reached', (error) => {
    expect(explainError(error)).toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(
        /^AWS cannot be reached: [a-z ]+ \((E[A-Z_]+|UND_ERR_SOCKET)\)$/,
      ),
      hint: expect.stringMatching(/network.*AWS_ENDPOINT_URL|AWS_ENDPOINT_URL.*network/),
    });
  });

  it.each([new Error('a defect'), new TypeError('x is undefined'), 'text', undefined])(
    'that nobody expects is not explained away',
    (error) => {
      expect(explainError(error)).toBeUndefined();
    },
  );
});

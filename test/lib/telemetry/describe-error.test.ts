import { describe, expect, it } from 'vitest';
import { DeliveryFailed } from '../../../lib/messages/delivery.ts';
import { describeError } from '../../../lib/telemetry/observability.ts';

describe('describeError', () => {
  const named = (name: string, message: string, parts = {}) =>
    Object.assign(new Error(message), { name, ...parts });
  const SECRET = 'Your code is 1234';

  it.each([
    'AccessDeniedException',
    'AuthorizationErrorException',
    'ResourceNotFoundException',
    'KMSDisabledException',
    'ThrottlingException',
    'TimeoutError',
  ])('shows the message of %s, which names only our own resources', (name) => {
    expect(describeError(named(name, 'table messages'))).toMatchObject({
      error: name,
      error_message: 'table messages',
    });
  });

  it.each(['Error', 'SyntaxError', 'InvalidParameterException', 'ValidationException'])(
    'leaves the message of %s out',
    (name) => {
      const described = describeError(named(name, `Refused: "${SECRET}"`));
      expect(described.error).toBe(name);
      expect(JSON.stringify(described)).not.toContain(SECRET);
    },
  );

  it.each(['', 's'])('keeps the frames of an error that says %j', (message) => {
    expect(describeError(new Error(message)).stack).toMatch(/describe-error\.test/);
  });

  it('ends for any chain of causes', () => {
    const error = new Error('round');
    error.cause = error;
    expect(describeError(error)).toMatchObject({ error: 'Error' });
  });

  it('leaves out a body of several lines that a message quotes', () => {
    const quoted = `"Hello\n${SECRET}\n    at ${SECRET}" is not what was expected`;
    expect(JSON.stringify(describeError(new Error(quoted)))).not.toContain(SECRET);
  });

  it('leaves out a quoted text even if it was changed afterwards', () => {
    const { stack } = new Error(`"\n    at ${SECRET}" is not what was expected`);
    const error = Object.assign(new Error('It was something else'), { stack });
    expect(describeError(error).stack).toBe('');
  });

  it('shows where our own error was thrown, in eight lines at most', () => {
    const thrownAt = (depth: number): Error =>
      depth > 0 ? thrownAt(depth - 1) : new TypeError('x');
    const frames = String(describeError(thrownAt(9)).stack).split('\n');
    expect(frames).toEqual(Array(8).fill(expect.stringMatching(/^at .*describe-error\.test\.ts/)));
  });

  it('shows an AWS error’s request id instead of a stack', () => {
    const $metadata = { httpStatusCode: 400, requestId: 'r-1' };
    expect(describeError(named('InvalidParameterException', SECRET, { $metadata }))).toEqual({
      error: 'InvalidParameterException',
      aws_status: 400,
      aws_request_id: 'r-1',
    });
  });

  it('describes the innermost cause', () => {
    const root = named('ThrottlingException', 'slow down', { $metadata: { httpStatusCode: 400 } });
    const wrapped = new DeliveryFailed('claim', new Error('wrapped', { cause: root }));
    expect(describeError(wrapped)).toEqual({
      error: 'ThrottlingException',
      aws_status: 400,
      error_message: 'slow down',
    });
  });

  it.each([[SECRET], [undefined], [null], [{ message: SECRET }]])(
    'accepts a value that is no error: %j',
    (thrown) => {
      expect(describeError(thrown)).toEqual({ error: typeof thrown });
      expect(describeError(new DeliveryFailed('claim', thrown))).toMatchObject({
        error: 'DeliveryFailed',
      });
    },
  );
});

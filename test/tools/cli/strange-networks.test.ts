import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { findDeployedStack } from '../../../tools/cli/deployed-stack.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { answering, CREDENTIALS, list, serve } from './in-place-of-aws.ts';

const HOUR_MS = 3_600_000;

describe('what answers in the place of AWS', () => {
  const HTML = { 'content-type': 'text/html; charset=utf-8' };
  it.each([
    [
      'a web page',
      answering(200, HTML, '<html>'),
      'localhost answers 200 with a web page, which AWS never does.',
    ],
    [
      'a gateway that is down',
      answering(503, HTML, '<html>'),
      'localhost answers 503 with a web page, which AWS never does.',
    ],
    [
      'a proxy that wants a login',
      answering(407, HTML, '<html>'),
      'localhost answers 407 with a web page, which AWS never does.',
    ],
    [
      'the login page of a network',
      answering(302, { location: 'http://portal.hotel.example/login' }),
      'localhost answers 302 with a redirect to portal.hotel.example, which AWS never does.',
    ],
    [
      'other JSON',
      answering(200, { 'content-type': 'application/json' }, '{"a":1}'),
      'The answer 200 does not come from AWS: the SDK cannot read it.',
    ],
    [
      'an empty error',
      answering(404),
      'The answer 404 does not come from AWS: the SDK cannot read it.',
    ],
    ['nothing', answering(200), 'What answers in the place of CloudFormation is not AWS.'],
  ])('%s is told apart from AWS', async (_, handler, message) => {
    const AWS_ENDPOINT_URL = await serve(handler);
    const told = await list({ AWS_ENDPOINT_URL });
    expect(told).toMatchObject({ code: 1, message });
    expect(told.hint).toMatch(/HTTPS_PROXY and .*AWS_ENDPOINT_URL|AWS_ENDPOINT_URL, HTTPS_PROXY/);
  });

  it('an answer that an emulator calls a page is none', async () => {
    const AWS_ENDPOINT_URL = await serve(
      answering(
        400,
        HTML,
        '<ErrorResponse><Error><Code>ValidationError</Code><Message>x does not exist</Message></Error></ErrorResponse>',
      ),
    );
    expect(await list({ AWS_ENDPOINT_URL })).toMatchObject({ code: 3 });
  });

  it('a server that never answers is waited for fifteen seconds', async () => {
    const { timeout } = AbortSignal;
    const over = AbortSignal.abort(new DOMException('It took too long', 'TimeoutError'));
    const spy = vi.spyOn(AbortSignal, 'timeout');
    spy.mockImplementation((ms) => (ms === 15_000 ? over : timeout.call(AbortSignal, ms)));
    onTestFinished(() => spy.mockRestore());
    const { runtime } = fakeTerminal({ ...CREDENTIALS, AWS_REGION: 'eu-west-1' });
    await expect(findDeployedStack({ stage: 'prod' }, runtime)).rejects.toMatchObject({
      exitCode: 1,
      message: 'AWS has not answered in eu-west-1 for 15 seconds.',
      hint: expect.stringContaining('network'),
    });
  });
});

describe('an address that cannot be one', () => {
  it.each(['foo', 'localhost:4566', 'http://a b', 'ftp://localhost'])(
    'AWS_ENDPOINT_URL=%s is refused: 2',
    async (value) => {
      for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_DYNAMODB']) {
        expect(await list({ [name]: value })).toEqual({
          code: 2,
          message: `${name} is not a URL: "${value}".`,
          hint: 'Set it to a URL such as http://localhost:4566, or unset it.',
        });
      }
    },
  );

  it.each(['ap southeast 2', 'ap-southeast-2.example.com', 'ap-southeast-2/'])(
    'the region "%s" is refused: 2',
    async (region) => {
      expect(await list({}, '--region', region)).toMatchObject({
        code: 2,
        message: `"${region}" is not an AWS region.`,
        hint: expect.stringContaining('ap-southeast-2'),
      });
    },
  );

  it('a host that does not exist is named', async () => {
    expect(await list({ AWS_ENDPOINT_URL: 'http://aws.invalid' })).toEqual({
      code: 1,
      message: expect.stringMatching(
        /^AWS cannot be reached: (there is no host aws\.invalid \(ENOTFOUND\)|the name aws\.invalid cannot be looked up \(EAI_AGAIN\))$/,
      ),
      hint: expect.stringContaining('network'),
    });
  });

  it('http where https is meant is told', async () => {
    const url = await serve(answering(200));
    expect(await list({ AWS_ENDPOINT_URL: url.replace('http:', 'https:') })).toMatchObject({
      code: 1,
      message: 'AWS cannot be reached: it does not speak TLS (EPROTO)',
      hint: expect.stringContaining('the scheme'),
    });
  });
});

describe('a clock that is off', () => {
  /** An AWS whose clock is so far ahead, and which refuses signatures of another time, as AWS does. */
  const ahead = (ms: number, isDated = true) =>
    serve((request, response) => {
      request.resume();
      response.sendDate = false;
      const now = new Date(Date.now() + ms);
      const [, y, mo, d, h, mi, s] =
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(request.headers['x-amz-date'])) ??
        [];
      const signedAt = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
      if (isDated) response.setHeader('date', now.toUTCString());
      const isOff = Math.abs(now.getTime() - signedAt) > 300_000;
      const [code, message] = isOff
        ? ['SignatureDoesNotMatch', 'Signature expired: it is too old']
        : ['ValidationError', 'Stack with id x does not exist'];
      response.writeHead(isOff ? 403 : 400, { 'content-type': 'text/xml' });
      response.end(
        `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
      );
    });

  it('is corrected by the answer, where there may be a second attempt', async () => {
    const AWS_ENDPOINT_URL = await ahead(3 * HOUR_MS);
    expect(await list({ AWS_ENDPOINT_URL, AWS_MAX_ATTEMPTS: '3' })).toMatchObject({
      code: 3,
      message: 'There is no stack inbound-sms-prod in ap-southeast-2.',
    });
  });

  it.each([
    [3 * HOUR_MS, "This machine's clock is 3 hours behind AWS's."],
    [-20 * 60_000, "This machine's clock is 20 minutes ahead of AWS's."],
    [50 * 24 * HOUR_MS, "This machine's clock is 50 days behind AWS's."],
  ])('is named otherwise, and nobody is sent to log in (%d ms)', async (ms, message) => {
    const AWS_ENDPOINT_URL = await ahead(ms);
    expect(await list({ AWS_ENDPOINT_URL })).toEqual({
      code: 1,
      message,
      hint: expect.stringMatching(/^Set the clock/),
    });
  });

  it('is named without a date, too', async () => {
    const AWS_ENDPOINT_URL = await ahead(3 * HOUR_MS, false);
    expect(await list({ AWS_ENDPOINT_URL })).toMatchObject({
      message: "AWS says that this machine's clock is off: Signature expired: it is too old",
    });
  });
});

import type { RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answering, CREDENTIALS, list, serve } from './in-place-of-aws.ts';
import { runCli } from './run-cli.ts';

const HOUR_MS = 3_600_000;

/** Answers the first bytes of each connection, until the test is over. */
async function serveSocket(answer: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${port}`;
}

describe('another server that answers instead of AWS', () => {
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
      'localhost answers 200 with no request id, which AWS never does.',
    ],
    [
      'an empty error',
      answering(404),
      'The answer 404 does not come from AWS: the SDK cannot read it.',
    ],
    ['nothing', answering(200), 'localhost answers 200 with no request id, which AWS never does.'],
    [
      'nothing, by an emulator',
      answering(200, { 'x-amzn-requestid': 'id' }),
      'The answer to a call of CloudFormation does not come from AWS.',
    ],
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

  it.each(['', '{}'])('an answer "%s" is no empty table', async (body) => {
    const JSON_TYPE = { 'content-type': 'application/x-amz-json-1.0' };
    const AWS_ENDPOINT_URL = await serve(answering(200, JSON_TYPE, body));
    const env = { ...CREDENTIALS, AWS_ENDPOINT_URL, AWS_MAX_ATTEMPTS: '1' };
    for (const command of [['list'], ['show', 'id'], ['export']]) {
      const { code, stdout, stderr } = await runCli([...command, '--table', 'T'], { env });
      expect({ command, code, stdout }).toEqual({ command, code: 1, stdout: '' });
      expect(stderr).toContain(
        'error: localhost answers 200 with no request id, which AWS never does.\n',
      );
    }
  });
});

describe('a server that is silent', () => {
  const HALF = { 'content-type': 'application/x-amz-json-1.0', 'content-length': '999' };
  const half: RequestListener = (_, response) => void response.writeHead(200, HALF).write('{"It');
  const dripping: RequestListener = (_, response) => {
    response.writeHead(200, HALF).write('{');
    const drops = setInterval(() => response.write(' '), 500);
    response.on('close', () => clearInterval(drops));
  };
  const UNFINISHED = 'localhost began an answer, and had not sent all of it after 15 seconds.';

  it('is waited for fifteen seconds, with each client and at each point of its answer', async () => {
    const cases: [handler: RequestListener, args: string[], message: string][] = [
      [() => {}, ['list', '--stage', 'prod'], 'localhost has not answered for 15 seconds.'],
      [() => {}, ['list', '--table', 'T'], 'localhost has not answered for 15 seconds.'],
      [half, ['list', '--table', 'T'], UNFINISHED],
      [half, ['export', '--table', 'T'], UNFINISHED],
      [dripping, ['list', '--table', 'T'], UNFINISHED],
    ];
    await Promise.all(
      cases.map(async ([handler, args, message]) => {
        const AWS_ENDPOINT_URL = await serve(handler);
        const begin = performance.now();
        const { code, stderr } = await runCli(args, { env: { ...CREDENTIALS, AWS_ENDPOINT_URL } });
        expect({ args, code }).toEqual({ args, code: 1 });
        expect(stderr).toContain(
          `error: ${message}\nCheck the network, the VPN, HTTPS_PROXY and AWS_ENDPOINT_URL.\n`,
        );
        expect(performance.now() - begin).toBeLessThan(25_000);
      }),
    );
  }, 60_000);
});

describe('an answer that is cut or is not HTTP', () => {
  const CUT = 'AWS cannot be reached: the connection was cut (ECONNRESET)';
  it.each([
    ['closes at once', (socket: Socket) => socket.destroy(), CUT],
    [
      'closes half-way',
      (socket: Socket) => {
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\nx-amzn-requestid: id\r\n\r\n<D');
      },
      CUT,
    ],
    [
      'speaks another protocol',
      (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
      'AWS cannot be reached: its answer is not HTTP (HPE_INVALID_CONSTANT)',
    ],
  ])('a server that %s is told', async (_, answer, message) => {
    const AWS_ENDPOINT_URL = await serveSocket(answer);
    const told = await list({ AWS_ENDPOINT_URL });
    expect(told).toMatchObject({ code: 1, message });
    expect(told.hint).toMatch(/HTTPS_PROXY/);
  });

  it.each([
    [
      'closes at once',
      (socket: Socket) => socket.destroy(),
      /: the connection was cut \(UND_ERR_SOCKET\)$/,
    ],
    [
      'speaks another protocol',
      (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
      /: its answer is not HTTP \(HTTPParserError\)$/,
    ],
    [
      'wants the login of a proxy',
      (socket: Socket) => socket.end('HTTP/1.1 407 Login\r\ncontent-length: 0\r\n\r\n'),
      /: its answer cannot be used, such as one of a proxy that wants a login \(407\)$/,
    ],
  ])('a local stack that %s is told', async (_, answer, message) => {
    const url = await serveSocket(answer);
    const { code, stderr } = await runCli(['list', '--local', url]);
    expect(code).toBe(3);
    expect(stderr.split('\n')[0]).toMatch(message);
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

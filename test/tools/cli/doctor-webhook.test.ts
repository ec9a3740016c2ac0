import { createServer, type RequestListener, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { canaryCheck } from '../../../tools/cli/doctor/canary-check.ts';
import { tokenCheck } from '../../../tools/cli/doctor/webhook-check.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { type Answers, awsError, type Call, fakeStack } from './fake-stack.ts';

const { signal } = new AbortController();

// The tests run side by side: none of them may hang up on another.
const servers: Server[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => hangUp(server)));
});

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  const port = await listen(server);
  servers.push(server);
  return `http://localhost:${port}/sms`;
}

async function nowhere(): Promise<string> {
  const server = createServer();
  const port = await listen(server);
  await hangUp(server);
  return `http://localhost:${port}/sms`;
}

/** Makes what waits so long end at once. */
function timeOut(limit: number): void {
  const { timeout } = AbortSignal;
  const over = AbortSignal.abort(new DOMException('It took too long', 'TimeoutError'));
  const spy = vi.spyOn(AbortSignal, 'timeout');
  spy.mockImplementation((ms) => (ms === limit ? over : timeout.call(AbortSignal, ms)));
  onTestFinished(() => spy.mockRestore());
}

describe('the token', () => {
  const found = async (webhookBaseUrl: string, token?: string, until = signal) => {
    const known = token ? { token, source: 'WEBHOOK_TOKENS' } : { token: undefined, why: 'Why.' };
    const stack = fakeStack({}, { webhookBaseUrl, webhookToken: async () => known });
    const findings = await tokenCheck.run(stack, until);
    return findings.map(({ status, detail }) => `${status}: ${detail}`);
  };

  it('is asked for as it would be pasted, and a redirect is not followed', async () => {
    const urls: string[] = [];
    const url = await serve(({ url: path = '' }, response) => {
      urls.push(path);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await found(url, 'a/token')).toEqual(['failed: the webhook URL answers 302']);
    expect(urls).toEqual(['/sms/a%2Ftoken']);
  });

  it('that is not known here is not looked for', async () => {
    expect(await found('http://pbx.invalid', undefined)).toEqual([
      'skipped: the token of the webhook URL is not known here',
    ]);
  });

  it('cannot be told where nothing answers, and it says why', async () => {
    expect(await found(await nowhere(), 'token')).toEqual([
      expect.stringMatching(
        /^failed: no answer from the webhook URL: nothing listens at 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/,
      ),
    ]);
  });

  it('is waited for fifteen seconds', async () => {
    timeOut(15_000);
    expect(await found(await serve(() => {}), 'token')).toEqual([
      'failed: no answer from the webhook URL: there is no answer',
    ]);
  });

  it('is looked for no longer than the command runs', async () => {
    const stopping = new AbortController();
    const url = await serve(() => stopping.abort(new Error('stopped')));
    await expect(found(url, 'token', stopping.signal)).rejects.toThrow('stopped');
  });
});

describe('the canary', () => {
  /** What is found if the webhook answers these, one after another, and it is stored so. */
  async function found(
    webhookBaseUrl: string,
    message: object | undefined,
    answers: Answers = {},
    { to, ...outputs }: { to?: string; AllowedSmsNumbers?: string } = { AllowedSmsNumbers: 'any' },
  ) {
    const calls: Call[] = [];
    const published: string[] = ['of somebody else'];
    const archive = { find: async () => message };
    const stack = fakeStack(
      {
        CreateQueue: () => ({ QueueUrl: 'queue' }),
        Subscribe: ({ Attributes }: { Attributes: { FilterPolicy: string } }) => {
          published.push(`the message ${JSON.parse(Attributes.FilterPolicy).message_id}`);
          return { SubscriptionArn: 'subscription' };
        },
        ReceiveMessage: () => ({ Messages: [{ Body: published.shift(), ReceiptHandle: 'r' }] }),
        ...{ DeleteMessageBatch: () => ({}), Unsubscribe: () => ({}), DeleteQueue: () => ({}) },
        DeleteItem: () => ({}),
        ...answers,
      },
      { webhookBaseUrl, outputs, archive: async () => archive as never },
      calls,
    );
    const findings = await canaryCheck(to).run(stack, signal);
    return {
      findings: findings.map(({ check, status, detail }) => `${check}: ${status}, ${detail}`),
      findingOf: (name: string) => findings.find(({ check }) => check === name),
      names: calls.map(({ name }) => name),
    };
  }
  const answering = (...statuses: number[]) =>
    serve((request, response) => {
      request.resume();
      response.writeHead(statuses.length > 1 ? (statuses.shift() ?? 0) : (statuses[0] ?? 0)).end();
    });

  it.concurrent('is a warning if it took more than one attempt', async () => {
    const message = { received_at: 1_000, published_at: 1_007 };
    const { findings, findingOf, names } = await found(await answering(503, 200), message);
    expect(findings).toEqual([
      'canary answered: warning, 200, at attempt 2',
      'canary stored: ok, stored and published',
      'canary delivered: ok, it arrived at a subscribed queue',
      'canary removed: ok, nothing of it is left',
    ]);
    expect(findingOf('canary stored')?.ms).toBe(7);
    // The first that arrives is another one.
    expect(names.filter((name) => name === 'ReceiveMessage')).toHaveLength(2);
  });

  /** A webhook that refuses all but this number, and what it was posted. */
  async function allowing(allowed: string) {
    const posted: (string | null)[] = [];
    const url = await serve(async (request, response) => {
      const number = new URLSearchParams(await text(request)).get('sms_number');
      posted.push(number);
      const status = number === allowed ? 200 : 403;
      response.writeHead(status).end(status === 403 ? 'urn:…:number-not-allowed' : '');
    });
    return { url, posted };
  }
  const STORED = { received_at: 1_000, published_at: 1_007 };

  // Each post that is refused sets off the alarm `refused-messages`.
  it.concurrent.each([
    ['the first number that may receive', { AllowedSmsNumbers: '0412345678,+61290000001' }],
    ['the one that is named', { AllowedSmsNumbers: '+61290000001,0412345678', to: '0412345678' }],
    ['in any spelling', { AllowedSmsNumbers: '0412 345 678', to: '0412345678' }],
    ['one beyond what the stack names', { AllowedSmsNumbers: '1234,...', to: '0412345678' }],
    ['one of a stack that names none', { to: '0412345678' }],
  ])('is posted once, to %s', async (_, numbers) => {
    const { url, posted } = await allowing('0412345678');
    const { findingOf } = await found(url, STORED, {}, numbers);
    expect(findingOf('canary answered')).toMatchObject({ status: 'ok', detail: '200' });
    expect(posted).toEqual(['0412345678']);
  });

  it.concurrent.each([
    [{}, 'the stack does not say which numbers may receive', 'with --to'],
    [
      { AllowedSmsNumbers: '0412345678', to: '+61412345678' },
      '+61412345678 is not in allowedSmsNumbers',
      '--to 0412345678',
    ],
  ])('is not posted where it would be refused: %j', async (numbers, detail, hint) => {
    const { url, posted } = await allowing('0412345678');
    const { findings, findingOf, names } = await found(url, undefined, {}, numbers);
    expect(findings).toEqual([`canary: skipped, ${detail}`]);
    expect(findingOf('canary')?.hint).toContain(hint);
    expect([...posted, ...names]).toEqual([]);
  });

  it.concurrent('is not posted again after a refusal, and names the alarm', async () => {
    const { url, posted } = await allowing('another');
    const { findingOf } = await found(url, undefined, {}, { to: '0412345678' });
    expect(posted).toHaveLength(1);
    expect(findingOf('canary answered')).toMatchObject({
      ...{ status: 'skipped', detail: 'the number is not in allowedSmsNumbers' },
      hint: expect.stringContaining('refused-messages'),
    });
  });

  it.concurrent.each([
    [[429, 200], 2],
    [[500, 200], 2],
    [[404, 200], 1],
  ])('that is answered %j is posted %i times', async (statuses, times) => {
    let posts = 0;
    const url = await serve((request, response) => {
      request.resume();
      response.writeHead(statuses[posts++] ?? 0).end();
    });
    await found(url, STORED);
    expect(posts).toBe(times);
  });

  it.concurrent('has failed if it is stored as pending, or not at all', async () => {
    const failed = 'canary stored: failed, it was answered 200, but is not stored as published';
    for (const message of [undefined, { received_at: 1_000 }]) {
      expect((await found(await answering(200), message)).findings).toContain(failed);
    }
  });

  it.concurrent('fails if it is not accepted, and is removed anyway', async () => {
    const { findings, names } = await found(await answering(500), undefined);
    expect(findings).toEqual([
      'canary answered: failed, 500 instead of 200',
      'canary removed: ok, nothing of it is left',
    ]);
    expect(names.slice(-3).toSorted()).toEqual(['DeleteItem', 'DeleteQueue', 'Unsubscribe']);
  });

  it.concurrent.each([
    [undefined, 'canary removed: ok, nothing of it is left'],
    [{ received_at: 1_000 }, 'canary removed: warning, the message was stored after its removal'],
  ])('has failed if nothing answers, and what is left of it is read: %j', async (stored, left) => {
    const { ConditionalCheckFailedException } = await import('@aws-sdk/client-dynamodb');
    const details = { message: 'not there', $metadata: {} };
    const { findings } = await found(await nowhere(), stored, {
      DeleteItem: () => Promise.reject(new ConditionalCheckFailedException(details)),
    });
    expect(findings).toEqual([
      expect.stringMatching(
        /^canary answered: failed, no answer: nothing listens at .+ \(ECONNREFUSED\)$/,
      ),
      left,
    ]);
  });

  it.concurrent('that cannot be removed is a warning, which says how to', async () => {
    const message = { received_at: 1_000, published_at: 1_007 };
    const { findingOf } = await found(await answering(200), message, {
      DeleteItem: () => Promise.reject(awsError('AccessDenied')),
    });
    expect(findingOf('canary removed')).toMatchObject({
      status: 'warning',
      detail: 'AWS does not allow it: Said AWS',
      hint: 'To delete the message: bin/inbound-sms forget inbound-sms-doctor --pending --stage prod. The next `tail` deletes its queue.',
    });
  });

  // https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
  it('is a warning if it does not arrive in half a minute: a filter may take AWS 15', async () => {
    timeOut(30_000);
    const { findingOf } = await found(await answering(200), { received_at: 1, published_at: 2 });
    expect(findingOf('canary delivered')).toMatchObject({
      ...{ status: 'warning', detail: 'it did not arrive at a new queue within 30 s' },
      hint: expect.stringContaining('15 minutes'),
    });
  });

  it.concurrent('does not hide a defect', async () => {
    const check = found(await answering(200), undefined, {
      DeleteItem: () => Promise.reject(new TypeError('a defect')),
    });
    await expect(check).rejects.toThrow('a defect');
  });
});

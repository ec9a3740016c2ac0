import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DeliveryMark } from '../../lib/forwarding/delivery-mark.ts';
import type { Answer } from '../../lib/forwarding/forwarding-ports.ts';
import { MAX_ATTEMPTS } from '../../lib/forwarding/subscriber.ts';
import {
  CRM,
  FakeForwarder,
  MESSAGE_ID,
  type Port,
  PUBLISHED,
  queueRecord,
} from '../fakes/fake-forwarder.ts';

const { NOW } = FakeForwarder;
const CHAT = { name: 'chat', kind: 'slack', secret: 'SLACK_URL' } as const;
const TEAM = { name: 'team', kind: 'email', topicArn: 'arn:aws:sns:r:1:team' } as const;
const STAFF = { name: 'staff', kind: 'teams', secret: 'TEAMS_URL' } as const;

let fake: FakeForwarder;
beforeEach(() => {
  fake = new FakeForwarder([CRM, CHAT, TEAM, STAFF]);
  fake.marks.records.set(MESSAGE_ID, new Map());
});
const mark = (name = 'crm') => fake.marks.records.get(MESSAGE_ID)?.get(name);
const marked = (mark: DeliveryMark) => fake.marks.records.set(MESSAGE_ID, new Map([['crm', mark]]));
const queueOf = (name: string) => `inbound-sms-test-to-${name}`;

/** Makes one port fail like an AWS service that is down. */
function breakPort(broken: Port): void {
  const around = fake.around;
  fake.around = (port, call) =>
    port === broken
      ? Promise.reject(Object.assign(new Error('of AWS'), { name: 'Down' }))
      : around(port, call);
}

describe('a message', () => {
  it('is posted as it was published, marked, and removed from the queue', async () => {
    expect(await fake.forward()).toBe(true);
    expect(fake.sent).toMatchObject([{ kind: 'post', url: CRM.url, body: PUBLISHED }]);
    expect(mark()).toEqual({ attempts: 1, delivered_at: NOW });
    expect(fake.pauses).toEqual([]);
    expect(fake.lastLine).toMatchObject({
      ...{ level: 'INFO', outcome: 'delivered', subscriber: 'crm', message_id: MESSAGE_ID },
      ...{ attempt: 1, status: 200 },
    });
    expect(fake.lastLine, 'a metric costs for each hour in which it is sent').not.toHaveProperty(
      '_aws',
    );
  });

  it('is signed with the secret and the time of the attempt', async () => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    await fake.forward();
    const [sent] = fake.sent;
    if (sent?.kind !== 'post') throw new Error('Nothing was posted');
    const webhook = new Webhook(fake.secrets.get('CRM_SECRET') ?? '');
    expect(webhook.verify(sent.body, { ...sent.headers })).toEqual(JSON.parse(PUBLISHED));
  });

  it.each([200, 201, 204, 299])('is delivered if the answer is %d', async (status) => {
    fake.answer = { status };
    expect(await fake.forward()).toBe(true);
    expect(fake.lastLine).toMatchObject({ outcome: 'delivered', status });
  });

  it('is not delivered again if it is marked', async () => {
    await fake.forward();
    expect(await fake.forward(queueRecord({ attempt: 2 }))).toBe(true);
    expect(fake.sent).toHaveLength(1);
    expect(mark()).toEqual({ attempts: 1, delivered_at: NOW });
    expect(fake.lastLine).toMatchObject({ level: 'INFO', outcome: 'already-delivered' });
  });

  it('is delivered if only failures are marked, and the mark keeps them', async () => {
    marked({ attempts: 1, failed_at: 5, reason: '500' });
    await fake.forward(queueRecord({ attempt: 3 }));
    expect(mark()).toEqual({ attempts: 3, failed_at: 5, reason: '500', delivered_at: NOW });
  });

  it('is delivered without a record, and creates none', async () => {
    fake.marks.records.clear();
    expect(await fake.forward()).toBe(true);
    expect(fake.sent).toHaveLength(1);
    expect(fake.marks.records.size).toBe(0);
    expect(fake.lastLine).toMatchObject({ level: 'INFO', outcome: 'delivered' });
  });

  it.each([
    ['team', 'publish'],
    ['chat', 'post'],
    ['staff', 'post'],
  ])('goes to %s in the form of its kind', async (name, kind) => {
    fake.secrets.set('SLACK_URL', 'https://hooks.slack.com/services/1');
    fake.secrets.set('TEAMS_URL', 'https://teams.example.com/1\n');
    expect(await fake.forward(queueRecord({ queue: queueOf(name) }))).toBe(true);
    expect(fake.sent).toMatchObject([{ kind }]);
    expect(mark(name)).toEqual({ attempts: 1, delivered_at: NOW });
  });

  it('of a FIFO queue goes to the same subscriber', async () => {
    expect(await fake.forward(queueRecord({ queue: `${queueOf('crm')}.fifo` }))).toBe(true);
    expect(mark()).toEqual({ attempts: 1, delivered_at: NOW });
  });
});

describe('a replay', () => {
  const REPLAY = { attributes: { replay: 'run-1' } };
  const replay = queueRecord(REPLAY);

  const FIRST = { attempts: 3, failed_at: 2, reason: '500', delivered_at: 7 };

  it('is delivered again, and keeps the mark of the first delivery', async () => {
    marked(FIRST);
    expect(await fake.forward(replay)).toBe(true);
    expect(fake.sent).toMatchObject([{ headers: { 'x-inbound-sms-replay': 'run-1' } }]);
    expect(mark()).toEqual({ ...FIRST, replayed_at: NOW });
  });

  it('may be the first delivery', async () => {
    await fake.forward(replay);
    expect(mark()).toEqual({ attempts: 1, delivered_at: NOW, replayed_at: NOW });
  });

  it('leaves the message delivered if it fails, and is marked separately', async () => {
    marked(FIRST);
    fake.answer = { status: 503 };
    expect(await fake.forward(replay)).toBe(false);
    const failed = { replay_attempts: 1, replay_failed_at: NOW, replay_reason: '503' };
    expect(mark()).toEqual({ ...FIRST, ...failed });

    await fake.forward(queueRecord({ ...REPLAY, attempt: MAX_ATTEMPTS }));
    const dead = { replay_attempts: MAX_ATTEMPTS, replay_dead_at: NOW };
    expect(mark()).toEqual({ ...FIRST, ...failed, ...dead });

    await fake.forward(replay);
    expect(mark(), 'it is tried again').toEqual({ ...FIRST, ...failed });

    fake.answer = { status: 200 };
    await fake.forward(replay);
    expect(mark(), 'it came through at last').toEqual({ ...FIRST, replayed_at: NOW });
  });
});

describe('a canary', () => {
  const canary = queueRecord({ attributes: { canary: 'true' } });

  it('is tried once if it fails, and never goes to the dead-letter queue', async () => {
    fake.marks.records.clear();
    fake.answer = { status: 500 };
    expect(await fake.forward(canary)).toBe(true);
    expect(fake.pauses).toEqual([]);
    expect(fake.lastLine).toMatchObject({ level: 'WARN', outcome: 'failed', reason: '500' });
    expect(fake.lastLine).not.toHaveProperty('next_attempt_s');
  });

  it('is tried once if the table fails, too', async () => {
    breakPort('read mark');
    expect(await fake.forward(canary)).toBe(true);
    expect(fake.sent).toEqual([]);
    expect(fake.pauses).toEqual([]);
    expect(fake.lastLine).toMatchObject({ outcome: 'failed', reason: 'table unavailable' });
    expect(fake.lastLine).not.toHaveProperty('next_attempt_s');
  });
});

describe('after a failure, a message', () => {
  it.each<[Answer, string]>([
    [{ status: 302 }, '302'],
    [{ status: 404 }, '404'],
    [{ status: 500 }, '500'],
    [{ fault: 'timeout' }, 'timeout'],
    [{ fault: 'TLS' }, 'TLS'],
  ])('waits, and the reason is marked and logged: %j', async (answer, reason) => {
    fake.answer = answer;
    expect(await fake.forward()).toBe(false);
    expect(fake.pauses).toEqual([5]);
    expect(mark()).toEqual({ attempts: 1, failed_at: NOW, reason });
    expect(fake.lastLine).toMatchObject({
      ...{ level: 'WARN', outcome: 'failed', reason, attempt: 1, next_attempt_s: 5 },
    });
  });

  it.each([
    [1, '60', 60],
    [1, new Date(NOW + 90_000).toUTCString(), 90],
    [1, '1', 5],
    [12, '60', 3_600],
    [1, '999999', 7_200],
  ])(
    'of attempt %d waits longer if Retry-After is %j, never shorter: %d s',
    async (attempt, retryAfter, pause) => {
      fake.answer = { status: 429, retryAfter };
      await fake.forward(queueRecord({ attempt }));
      expect(fake.pauses).toEqual([pause]);
    },
  );

  const DAY_MS = 86_400_000;
  it.each([
    ['crm.fifo', DAY_MS, 3_600],
    ['crm.fifo', DAY_MS + 1, 5],
    ['crm', 2 * DAY_MS, 3_600],
  ])('waits in the queue %s, sent %d ms ago, for %d s', async (name, ms, pause) => {
    fake.answer = { status: 500 };
    await fake.forward(queueRecord({ attempt: 12, queue: queueOf(name), sentAt: NOW - ms }));
    expect(fake.pauses).toEqual([pause]);
  });

  it('is marked only at attempts 1, 5, 12 and the last', async () => {
    fake.answer = { status: 500 };
    const markedAt: number[] = [];
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await fake.forward(queueRecord({ attempt }));
      if (mark()?.attempts === attempt) markedAt.push(attempt);
    }
    expect(markedAt).toEqual([1, 5, 12, MAX_ATTEMPTS]);
  });

  it('goes to the dead-letter queue at once if it was the last attempt', async () => {
    marked({ attempts: 12, failed_at: 5, reason: '500' });
    fake.answer = { status: 503, retryAfter: '60' };
    expect(await fake.forward(queueRecord({ attempt: MAX_ATTEMPTS }))).toBe(false);
    expect(fake.pauses).toEqual([0]);
    expect(mark()).toEqual({ attempts: 34, failed_at: 5, reason: '503', dead_at: NOW });
    expect(fake.lastLine).toMatchObject({ level: 'ERROR', outcome: 'dead-lettered' });
    expect(fake.lastLine).not.toHaveProperty('next_attempt_s');
  });

  it('no longer counts as dead if it was put back into the queue', async () => {
    marked({ attempts: 34, failed_at: 5, reason: '503', dead_at: 9 });
    fake.answer = { status: 500 };
    await fake.forward();
    expect(mark()).toEqual({ attempts: 1, failed_at: 5, reason: '500' });
  });
});

describe('a secret', () => {
  const SPOILED = { crm: 'not base64 at all!', chat: 'http://hooks.example.com/1' };
  const URL_OF_CHAT = 'https://hooks.example.com/1';

  it('is counted if it is missing, and the message waits', async () => {
    fake.secrets.clear();
    expect(await fake.forward()).toBe(false);
    expect(fake.sent).toEqual([]);
    expect(mark()).toMatchObject({ reason: 'secret missing' });
    expect(fake.lastLine).toMatchObject({ reason: 'secret missing', SecretMissing: 1 });
  });

  it.each(['crm', 'chat'] as const)(
    'of %s that cannot be used is counted, and not shown',
    async (name) => {
      fake.secrets.set('CRM_SECRET', SPOILED.crm).set('SLACK_URL', SPOILED.chat);
      expect(await fake.forward(queueRecord({ queue: queueOf(name) }))).toBe(false);
      expect(fake.sent).toEqual([]);
      expect(fake.lastLine).toMatchObject({ reason: 'secret malformed', SecretMissing: 1 });
      expect(JSON.stringify([fake.lines, mark(name)])).not.toContain(SPOILED[name]);
    },
  );

  it.each([`${URL_OF_CHAT} ${URL_OF_CHAT}`, 'https://hooks.exa\nmple.com/1', 'hooks.example.com'])(
    'of a chat cannot be used if it is no single URL: %j',
    async (url) => {
      fake.secrets.set('SLACK_URL', url).set('TEAMS_URL', url);
      for (const name of ['chat', 'staff']) {
        expect(await fake.forward(queueRecord({ queue: queueOf(name) }))).toBe(false);
        expect(fake.lastLine).toMatchObject({ reason: 'secret malformed', SecretMissing: 1 });
      }
      expect(fake.sent).toEqual([]);
    },
  );

  it('of a chat may be a URL without TLS on the local stack', async () => {
    fake.secrets.set('SLACK_URL', SPOILED.chat);
    fake.setting = { ...fake.setting, isLocal: true };
    expect(await fake.forward(queueRecord({ queue: queueOf('chat') }))).toBe(true);
    expect(fake.sent).toMatchObject([{ url: SPOILED.chat }]);
  });

  it('does not count as missing if it is unreadable for now', async () => {
    const error = Object.assign(new Error('of AWS'), { name: 'Down' });
    fake.readSecret = async () => ({ reason: 'secret unavailable', error });
    expect(await fake.forward()).toBe(false);
    expect(fake.lastLine).toMatchObject({ reason: 'secret unavailable', error: 'Down' });
    expect(fake.lastLine).not.toHaveProperty('SecretMissing');
  });
});

describe('while AWS fails, a message', () => {
  it('is not delivered if its mark cannot be read, and waits', async () => {
    breakPort('read mark');
    expect(await fake.forward()).toBe(false);
    expect(fake.sent).toEqual([]);
    expect(fake.pauses).toEqual([5]);
    expect(fake.lastLine).toMatchObject({ reason: 'table unavailable', error: 'Down' });
  });

  it('is marked as dead even if its last attempt cannot read the mark', async () => {
    marked({ attempts: 12, failed_at: 5, reason: '500' });
    breakPort('read mark');
    expect(await fake.forward(queueRecord({ attempt: MAX_ATTEMPTS }))).toBe(false);
    const reason = 'table unavailable';
    expect(mark()).toEqual({ attempts: MAX_ATTEMPTS, failed_at: NOW, dead_at: NOW, reason });
    expect(fake.lastLine).toMatchObject({ outcome: 'dead-lettered', reason, error: 'Down' });
  });

  it('stays marked as delivered if its last attempt cannot read the mark', async () => {
    marked({ attempts: 1, delivered_at: 7 });
    breakPort('read mark');
    await fake.forward(queueRecord({ attempt: MAX_ATTEMPTS }));
    expect(mark()).toEqual({ attempts: 1, delivered_at: 7 });
  });

  it('is dead-lettered if its mark can neither be read nor written', async () => {
    breakPort('read mark');
    breakPort('write mark');
    expect(await fake.forward(queueRecord({ attempt: MAX_ATTEMPTS }))).toBe(false);
    expect(fake.pauses).toEqual([0]);
    expect(fake.lastLine).toMatchObject({ outcome: 'dead-lettered', failed_call: 'mark' });
  });

  it('is marked as delivered if the second write of the mark succeeds', async () => {
    const around = fake.around;
    let writes = 0;
    fake.around = (port, call) =>
      port === 'write mark' && ++writes === 1
        ? Promise.reject(new Error('of AWS'))
        : around(port, call);
    expect(await fake.forward()).toBe(true);
    expect(mark()).toEqual({ attempts: 1, delivered_at: NOW });
    expect(fake.lastLine).toMatchObject({ level: 'INFO', outcome: 'delivered' });
  });

  it('counts as delivered if only the mark cannot be written, and the log says so', async () => {
    breakPort('write mark');
    expect(await fake.forward()).toBe(true);
    expect(fake.lastLine).toMatchObject({
      ...{ level: 'WARN', outcome: 'delivered', failed_call: 'mark', error: 'Down' },
    });
  });

  it('is reported as failed if the queue cannot be told', async () => {
    fake.answer = { status: 500 };
    breakPort('pause');
    expect(await fake.forward()).toBe(false);
    expect(mark()).toMatchObject({ attempts: 1, reason: '500' });
    expect(fake.lastLine).toMatchObject({ outcome: 'failed', failed_call: 'pause' });
  });

  it('is reported as failed if neither queue nor table can be told', async () => {
    fake.answer = { status: 500 };
    breakPort('pause');
    breakPort('write mark');
    expect(await fake.forward()).toBe(false);
  });
});

describe('an entry that is no message of the contract', () => {
  const unreadable = queueRecord({ body: '{"text":"of somebody"}' });

  it('goes to the dead-letter queue at once, and is not shown', async () => {
    expect(await fake.forward(unreadable)).toBe(false);
    expect(fake.sent).toEqual([]);
    expect(fake.pauses).toEqual([0]);
    expect(fake.lastLine).toMatchObject({
      ...{ level: 'ERROR', outcome: 'unreadable', subscriber: 'crm', sqs_message_id: 'sqs-1' },
    });
    expect(JSON.stringify(fake.lines)).not.toContain('of somebody');
  });

  it('is reported as failed if the queue cannot be told', async () => {
    breakPort('pause');
    expect(await fake.forward(unreadable)).toBe(false);
  });
});

it('a message that cannot be turned into its kind’s form waits', async () => {
  fake.setting = { ...fake.setting, timeZone: 'Nowhere' };
  expect(await fake.forward(queueRecord({ queue: queueOf('team') }))).toBe(false);
  expect(fake.pauses).toEqual([5]);
  expect(fake.lastLine).toMatchObject({ reason: 'message not built', error: 'RangeError' });
  expect(fake.lastLine).not.toHaveProperty('SecretMissing');
});

it('a message of an unknown subscriber waits', async () => {
  expect(await fake.forward(queueRecord({ queue: queueOf('other') }))).toBe(false);
  expect(fake.pauses).toEqual([5]);
  expect(fake.lastLine).toMatchObject({ outcome: 'failed', reason: 'unknown subscriber' });
});

it.each([0, 2])('an event of %d messages fails as a whole', async (count) => {
  const Records = Array.from({ length: count }, () => queueRecord());
  await expect(fake.invoke({ Records })).rejects.toThrow('The batch size must be 1');
  expect(fake.sent).toEqual([]);
});

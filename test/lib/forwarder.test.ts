import { beforeEach, describe, expect, it } from 'vitest';
import { FakeForwarder, MESSAGE_ID, PUBLISHED, queueRecord } from '../fakes/fake-forwarder.ts';

const { NOW } = FakeForwarder;
let fake: FakeForwarder;
beforeEach(() => {
  fake = new FakeForwarder();
  fake.marks.records.set(MESSAGE_ID, new Map());
});
const mark = () => fake.marks.records.get(MESSAGE_ID)?.get('crm');

describe('a message', () => {
  it('is posted as it was published, marked, and taken from the queue', async () => {
    expect(await fake.forward()).toBe(true);
    expect(fake.sent).toMatchObject([
      { kind: 'post', url: 'https://crm.example.com/hooks/sms', body: PUBLISHED },
    ]);
    expect(mark()).toEqual({ attempts: 1, delivered_at: NOW });
    expect(fake.lastLine).toMatchObject({
      ...{ level: 'INFO', outcome: 'delivered', subscriber: 'crm', message_id: MESSAGE_ID },
      ...{ attempt: 1, status: 200 },
    });
  });

  it('is not posted again if it is marked', async () => {
    await fake.forward();
    expect(await fake.forward(queueRecord({ attempt: 2 }))).toBe(true);
    expect(fake.sent).toHaveLength(1);
    expect(fake.lastLine).toMatchObject({ level: 'INFO', outcome: 'already-delivered' });
  });

  it('waits in the queue after a failure', async () => {
    fake.answer = { status: 503, retryAfter: '60' };
    expect(await fake.forward()).toBe(false);
    expect(fake.pauses).toEqual([60]);
    expect(mark()).toEqual({ attempts: 1, failed_at: NOW, reason: '503' });
    expect(fake.lastLine).toMatchObject({
      ...{ level: 'WARN', outcome: 'failed', status: 503, reason: '503', next_attempt_s: 60 },
    });
  });
});

it('a secret that is missing is counted, and the message waits', async () => {
  fake.secrets.clear();
  expect(await fake.forward()).toBe(false);
  expect(fake.lastLine).toMatchObject({ reason: 'secret missing', SecretMissing: 1 });
});

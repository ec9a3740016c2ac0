import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeForwarder, MESSAGE_ID, type Port, queueRecord } from '../fakes/fake-forwarder.ts';

let fake: FakeForwarder;
beforeEach(() => {
  fake = new FakeForwarder();
  fake.marks.records.set(MESSAGE_ID, new Map());
  // The deadlines of an invocation that ends early would run on.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
});
const isMarked = () => fake.marks.records.get(MESSAGE_ID)?.get('crm')?.delivered_at !== undefined;

const MOMENTS = ['before', 'after'] as const;
const CALLS: Readonly<Record<'accepts' | 'refuses', readonly Port[]>> = {
  accepts: ['read mark', 'read secret', 'send', 'write mark'],
  refuses: ['read mark', 'read secret', 'send', 'pause', 'write mark'],
};

/** An invocation whose process ends at a call. @returns Whether it reached the call. */
async function endAt(port: Port, moment: (typeof MOMENTS)[number]): Promise<boolean> {
  const ended = Promise.withResolvers<'ended'>();
  const { around } = fake;
  fake.around = async (called, call) => {
    if (called !== port) return call();
    if (moment === 'after') await call();
    ended.resolve('ended');
    return new Promise(() => {});
  };
  const result = await Promise.race([ended.promise, fake.forward()]);
  fake.around = around;
  return result === 'ended';
}

const ENDS = (Object.keys(CALLS) as (keyof typeof CALLS)[]).flatMap((receiver) =>
  CALLS[receiver].flatMap((port) => MOMENTS.map((moment) => ({ receiver, port, moment }))),
);

describe.each(ENDS)(
  'a process that ends $moment the call to $port, of a receiver that $receiver',
  ({ receiver, port, moment }) => {
    it('loses no message, and delivers no marked message again', async () => {
      if (receiver === 'refuses') fake.answer = { status: 500 };
      expect(await endAt(port, moment)).toBe(true);
      const wasMarked = isMarked();
      const before = fake.sent.length;

      fake.answer = { status: 200 };
      expect(await fake.forward(queueRecord({ attempt: 2 }))).toBe(true);
      expect(isMarked()).toBe(true);
      expect(fake.sent.length - before).toBe(wasMarked ? 0 : 1);
      expect(fake.sent.length).toBeGreaterThan(0);

      // SQS may deliver a finished message again.
      expect(await fake.forward(queueRecord({ attempt: 3 }))).toBe(true);
      expect(fake.sent.length - before).toBe(wasMarked ? 0 : 1);
    });
  },
);

it('all calls are covered', async () => {
  for (const receiver of ['accepts', 'refuses'] as const) {
    const calls: Port[] = [];
    fake.around = (port, call) => {
      calls.push(port);
      return call();
    };
    fake.answer = { status: receiver === 'accepts' ? 200 : 500 };
    fake.marks.records.set(MESSAGE_ID, new Map());
    await fake.forward();
    expect(calls).toEqual(CALLS[receiver]);
  }
});

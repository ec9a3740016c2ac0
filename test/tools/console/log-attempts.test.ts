import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Attempt } from '../../../tools/console/protocol.ts';
import {
  LogAttempts,
  type LogAttemptsOptions,
} from '../../../tools/console/server/log-attempts.ts';
import { LOG_GROUP, WebhookLog } from '../../helpers/webhook-log.ts';

const { signal } = new AbortController();
const MINUTE = 60_000;

let log: WebhookLog;
const failures: string[] = [];
beforeAll(async () => {
  log = await WebhookLog.start();
});
afterAll(() => log?.[Symbol.asyncDispose]());
beforeEach(() => {
  log.reset();
  failures.splice(0);
});

function attemptsOver(options: Partial<LogAttemptsOptions> = {}): LogAttempts {
  return new LogAttempts({
    client: log.client,
    logGroup: LOG_GROUP,
    pollMs: 5,
    signal,
    reportFailure: (what, error) => void failures.push(`${what}: ${(error as Error).name}`),
    ...options,
  });
}

const idsOf = (attempts: readonly Attempt[]) => attempts.map(({ message_id }) => message_id);
const recentIds = async (attempts: LogAttempts) => idsOf((await attempts.recent(signal)).attempts);

describe('recent attempts', () => {
  it('are those of the last 15 minutes, in order of time', async () => {
    const now = Date.now();
    log.write(now - 16 * MINUTE, { message_id: 'too old' });
    log.write(now - 14 * MINUTE, { message_id: 'a' });
    log.write(now, 'START');
    log.write(now - 10, { message_id: 'c' });
    log.write(now - 5 * MINUTE, { message_id: 'b' });
    const attempts = attemptsOver({ now: () => now });
    expect(await recentIds(attempts)).toEqual(['a', 'b', 'c']);
    // Each portion up to where the one before it began.
    const [newest, ...older] = log.asked;
    expect(newest).not.toHaveProperty('endTime');
    expect(older.map(({ endTime }) => endTime)).toEqual(
      log.asked.slice(0, -1).map(({ startTime }) => startTime),
    );
    log.write(Date.now(), { message_id: 'd' });
    expect(await recentIds(attempts)).toEqual(['a', 'b', 'c', 'd']);
    expect((await attempts.recent(signal)).since).toBe(now - 15 * MINUTE);
    // From then on, what is new is read.
    const { startTime } = log.asked.at(-1) ?? { startTime: 0 };
    expect(startTime).toBeGreaterThan(now - MINUTE);
  });

  it('are the newest, if there are too many: older portions are not read', async () => {
    const now = Date.now();
    for (let n = 0; n < 14; n++) {
      for (let m = 0; m < 50; m++) log.write(now - n * MINUTE - m, { message_id: `${n}-${m}` });
    }
    const { since, attempts: recent } = await attemptsOver({ maxRecent: 100 }).recent(signal);
    expect(recent).toHaveLength(100);
    expect(since).toBe(recent[0]?.at);
    expect(recent.every(({ at }) => at > now - 2 * MINUTE)).toBe(true);
    expect(log.asked).toHaveLength(1);
  });

  it('are read through several pages', async () => {
    const now = Date.now();
    for (let n = 0; n < 2_500; n++) log.write(now - n, { message_id: `m-${n}` });
    const { attempts: recent } = await attemptsOver().recent(signal);
    expect(new Set(idsOf(recent)).size).toBe(2_500);
  });

  it('are all there after a failure in the middle of the log', async () => {
    for (let n = 0; n < 1_500; n++) log.write(Date.now(), { message_id: `m-${n}` });
    const attempts = attemptsOver();
    log.isDown = () => log.asked.length === 2;
    await expect(attempts.recent(signal)).rejects.toThrow();
    expect(await recentIds(attempts)).toHaveLength(1_500);
  });

  it('are read again from the beginning after a long pause, or after a failure', async () => {
    let now = Date.now();
    log.write(now, { message_id: 'a' });
    const attempts = attemptsOver({ now: () => now });
    log.isDown = () => true;
    await expect(attempts.recent(signal)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    log.isDown = () => false;
    expect(await recentIds(attempts)).toEqual(['a']);
    now += 60 * MINUTE;
    log.write(now - 10 * MINUTE, { message_id: 'b' });
    expect(await recentIds(attempts)).toEqual(['b']);
    expect(log.asked.at(-1)?.startTime).toBe(now - 15 * MINUTE);
  });
});

describe('attempts of a message', () => {
  it('are found by its id, whatever is in it', async () => {
    const now = Date.now();
    log.write(now - 2, { message_id: 'x*y' });
    log.write(now - 1, { message_id: 'x*y', outcome: 'duplicate' });
    log.write(now, { message_id: 'x-y' });
    const found = await attemptsOver().of('x*y', now - MINUTE, signal);
    expect(found.map(({ outcome }) => outcome)).toEqual(['published', 'duplicate']);
    const [{ filterPattern, startTime, endTime = 0 } = { startTime: 0 }] = log.asked;
    expect(filterPattern).toBe('{ $.message_id = "x*y" }');
    expect(startTime).toBe(now - MINUTE);
    expect(endTime - startTime).toBe(3 * 86_400_000);
    log.ignoresPatterns = true;
    expect(await attemptsOver().of('x*y', now - MINUTE, signal)).toEqual(found);
  });

  it('are log.asked for in a way that an id cannot break', async () => {
    await attemptsOver()
      .of('a"b\\c', 5_000, signal)
      .catch(() => {});
    expect(log.asked[0]?.filterPattern).toBe('{ $.message_id = "a\\"b\\\\c" }');
  });

  it('end with whoever asks', async () => {
    const ended = AbortSignal.abort(new Error('gone'));
    await expect(attemptsOver().of('a', 0, ended)).rejects.toThrow('gone');
  });
});

describe('watching', () => {
  it('tells of what is new, each once, and reads only meanwhile', async () => {
    log.write(Date.now() - 1_000, { message_id: 'before' });
    const attempts = attemptsOver();
    const told: string[] = [];
    const listener = ({ message_id = '' }: Attempt) => void told.push(message_id);
    const first = attempts.watch(listener);
    const second = attempts.watch(({ message_id }) => void told.push(`second ${message_id}`));
    await vi.waitFor(() => expect(log.asked.length).toBeGreaterThan(6));
    log.write(Date.now(), { message_id: 'a' });
    await vi.waitFor(() => expect(told).toEqual(['a', 'second a']));
    second[Symbol.dispose]();
    log.write(Date.now(), { message_id: 'b' });
    await vi.waitFor(() => expect(told).toEqual(['a', 'second a', 'b']));
    first[Symbol.dispose]();
    const before = log.asked.length;
    log.write(Date.now(), { message_id: 'c' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log.asked.length).toBeLessThanOrEqual(before + 1);
    expect(told).toHaveLength(3);
    expect(await recentIds(attempts)).toEqual(['before', 'a', 'b', 'c']);
  });

  it('makes a conflict count at once', async () => {
    const attempts = attemptsOver();
    expect((await attempts.conflicts()).size).toBe(0);
    const told = Promise.withResolvers<void>();
    const watching = attempts.watch(() => told.resolve());
    onTestFinished(() => watching[Symbol.dispose]());
    await vi.waitFor(() => expect(log.asked.length).toBeGreaterThan(6));
    log.write(Date.now(), { message_id: 'a', outcome: 'conflict' });
    await told.promise;
    expect([...(await attempts.conflicts())]).toEqual([['a', 1]]);
  });

  it('goes on after a failure, which is reported once', async () => {
    log.isDown = () => true;
    const attempts = attemptsOver();
    const told: unknown[] = [];
    const watching = attempts.watch((attempt) => void told.push(attempt));
    onTestFinished(() => watching[Symbol.dispose]());
    await vi.waitFor(() => expect(log.asked.length).toBeGreaterThan(2));
    log.isDown = () => false;
    await vi.waitFor(() => expect(log.asked.length).toBeGreaterThan(10), 5_000);
    log.write(Date.now());
    await vi.waitFor(() => expect(told).toHaveLength(1), 5_000);
    expect(failures).toEqual(['read the log of the webhook: AccessDeniedException']);
  });
});

import { createServer } from 'node:http';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LogConflicts } from '../../../tools/console/server/log-attempts.ts';
import type { LogPlace } from '../../../tools/console/server/webhook-log.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import { LOG_GROUP, WebhookLog } from '../../helpers/webhook-log.ts';

let log: WebhookLog;
beforeAll(async () => {
  log = await WebhookLog.start();
});
afterAll(() => log?.[Symbol.asyncDispose]());
beforeEach(() => log.reset());

function conflictsOver(options: Partial<LogPlace> = {}): LogConflicts {
  const { signal } = new AbortController();
  return new LogConflicts({ client: log.client, logGroup: LOG_GROUP, signal, ...options });
}

describe('conflicts', () => {
  it('are those of the last seven days, each line once, also those that come later', async () => {
    let now = Date.now();
    const conflict = (at: number, message_id: string) =>
      log.write(at, { message_id, outcome: 'conflict' });
    conflict(now - 8 * 86_400_000, 'too old');
    conflict(now - 6 * 86_400_000, 'a');
    conflict(now - 5, 'b');
    conflict(now - 4, 'a');
    log.write(now, { message_id: 'c' });
    const conflicts = conflictsOver({ now: () => now });
    const counts = async () => [...(await conflicts.counts())];
    expect(await counts()).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
    conflict(now - 3, 'b');
    expect(await counts()).toHaveLength(2);
    expect(log.asked).toHaveLength(1);
    now += 10_000;
    const after = [
      ['a', 2],
      ['b', 2],
    ];
    expect(await counts()).toEqual(after);
    now += 10_000;
    expect(await counts()).toEqual(after);
  });

  it('do not have to be waited for long', async () => {
    const slow = createServer(() => {});
    const endpoint = `http://localhost:${await listen(slow)}`;
    const silent = new CloudWatchLogsClient(clientOf(endpoint));
    const ending = new AbortController();
    onTestFinished(async () => {
      ending.abort();
      silent.destroy();
      await hangUp(slow);
    });
    const conflicts = conflictsOver({ client: silent, signal: ending.signal });
    expect([...(await conflicts.counts())]).toEqual([]);
  });

  it('fail with the logs', async () => {
    log.isDown = () => true;
    await expect(conflictsOver().counts()).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});

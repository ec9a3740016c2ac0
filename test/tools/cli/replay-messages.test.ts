import { describe, expect, it } from 'vitest';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import { ReplayTally } from '../../../tools/archive/replay.ts';
import { EXIT } from '../../../tools/cli/cli-error.ts';
import { replayOrExplain } from '../../../tools/cli/replay-messages.ts';
import { MemoryMessageTopic } from '../../fakes/memory-message-topic.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { publishedAt } from './stored-messages.ts';

/** A replay of one message, for which the topic has no other answer than this error. */
function replayFailingWith(error: string, isTableOnly = false): Promise<void> {
  const topic = new MemoryMessageTopic();
  topic.publishBatch = (batch) => batch.map(async () => ({ error, fault: 'topic' as const }));
  const replay = {
    id: 'replay-1',
    messages: (async function* () {
      yield someRecord(publishedAt(1));
    })(),
    toNotification: notificationsIn('inbound-sms'),
    topic,
    rate: 100_000,
    tally: new ReplayTally(),
    onMessage: async () => {},
    signal: new AbortController().signal,
  };
  return replayOrExplain(replay, { service: 'SNS', place: 'topic arn:of:topic' }, { isTableOnly });
}

describe('a replay that SNS ends', () => {
  it.each([
    ['AuthorizationError', EXIT.notAllowed, 'AWS does not allow it: sns:Publish failed'],
    ['ExpiredToken', EXIT.notAllowed, 'AWS does not accept the credentials: sns:Publish failed'],
    ['Throttling', EXIT.failed, 'AWS throttles the requests: Throttling'],
    ['NotTaken', EXIT.failed, 'SNS does not take the messages: NotTaken'],
  ])('with %s ends with %d and says what it means', async (error, exitCode, message) => {
    await expect(replayFailingWith(error)).rejects.toMatchObject({
      exitCode,
      message: expect.stringContaining(message),
    });
  });

  it.each([
    [true, 'Check --topic-arn.'],
    [false, 'Somebody has deleted it: docs/operations.md#changed-by-hand'],
  ])('says that there is no topic (a table alone: %s)', async (isTableOnly, hint) => {
    await expect(replayFailingWith('NotFoundException', isTableOnly)).rejects.toMatchObject({
      exitCode: EXIT.notFound,
      message: 'There is no topic arn:of:topic.',
      hint,
    });
  });
});

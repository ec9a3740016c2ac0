import { setTimeout as delay } from 'node:timers/promises';
import type { ArchivedMessage } from '../../archive/message-archive.ts';
import { connectionProblem } from '../../pbx-simulator/connection-problem.ts';
import type { Output } from '../output.ts';
import type { Stack } from '../stack.ts';
import { removeLeftovers, TailQueue } from '../tail-queue.ts';
import { type HeardMessage, readHeard } from './heard-message.ts';
import type { ListenFile } from './listen-file.ts';
import { Listener, type Progress, progressFrom } from './listener.ts';
import { deliver, type ReceiverOptions } from './receiver.ts';
import type { Results } from './results.ts';

export interface ListenOptions {
  readonly stack: Stack;
  readonly output: Output;
  readonly file: ListenFile;
  /** Where it goes on, or the time, epoch ms, of the first message that is wanted. Default: now. */
  readonly start: Progress | number | undefined;
  readonly isWanted: (message: HeardMessage) => boolean;
  readonly read: (message: ArchivedMessage) => HeardMessage | undefined;
  /** The secret to show; nothing if the user has given one. */
  readonly madeSecret: string | undefined;
  readonly receiver: Omit<ReceiverOptions, 'onUnanswered' | 'signal'>;
  readonly results: Results;
}

/** How often the archive is asked for what the queue did not bring. A query of each shard: 16 calls. */
const CATCH_UP_MS = 30_000;
const TLS_HINT = ' For a certificate that you made yourself, set NODE_EXTRA_CA_CERTS to its file.';
/** Until AWS is asked again after it could not be reached, as when a laptop wakes up. */
const RETRY_MS = 3_000;

/**
 * Posts messages until the limit or the end of the command. The queue is subscribed before the archive is read,
 * so nothing falls between the two. It removes the queue when it ends.
 */
export async function listen(options: ListenOptions): Promise<void> {
  const { stack, output, file, start, isWanted, read, results } = options;
  const { signal } = output;
  const archive = await stack.archive();
  const clients = { sns: await stack.clients.sns(), sqs: await stack.clients.sqs() };
  const place = { stackName: stack.name, topicArn: stack.topicArn };
  const receiver: ReceiverOptions = {
    ...options.receiver,
    signal,
    onUnanswered: (fault) =>
      output.note(
        `Your URL: ${fault}. The message is posted again until it is answered.${fault === 'TLS' ? TLS_HINT : ''}`,
      ),
  };
  await removeLeftovers(clients, { ...place, abandoned: file.abandonedQueue }, signal);
  const begin = typeof start === 'object' ? start : await progressFrom(start, archive, signal);
  const listener = new Listener(
    {
      ...{ archive, read, isWanted, signal },
      deliver: async (message, source) => {
        // Those after the last one are left for the next run.
        if (results.isDone) throw new LimitReached();
        await results.show(message, source, await deliver(message, receiver));
        await file.saveSoon(listener.progress);
      },
    },
    begin,
  );
  let queue: TailQueue | undefined;
  let hasBegun = false;
  let catchUpAt = 0;
  try {
    while (!results.isDone) {
      try {
        if (!queue) {
          queue = await TailQueue.open(clients, { ...place, raw: false });
          file.queue = queue.name;
          await file.save(listener.progress);
          if (!hasBegun)
            await results.begin({ ...options.receiver, madeSecret: options.madeSecret });
          hasBegun = true;
        }
        if (performance.now() >= catchUpAt) {
          await listener.catchUp();
          await file.save(listener.progress);
          catchUpAt = performance.now() + CATCH_UP_MS;
        }
        for (const body of await queue.receive(signal)) {
          const message = readHeard(body);
          if (message) await listener.hear(message);
          else output.note('Left out: the topic published something that is no message.');
        }
        await file.save(listener.progress);
      } catch (error) {
        if (isGone(error)) queue = undefined;
        else await waitForAws(error, stack, output);
        catchUpAt = 0;
      }
    }
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
  } finally {
    await close(queue, output);
    file.queue = undefined;
    await file.save(listener.progress);
  }
}

async function close(queue: TailQueue | undefined, output: Output): Promise<void> {
  await queue?.[Symbol.asyncDispose]().catch(() =>
    output.note(
      `The queue ${queue.name} could not be removed: a \`listen\` or \`tail\` after 5 minutes does it.`,
    ),
  );
}

/** As many messages were posted as the operator wants. */
class LimitReached extends Error {
  override readonly name = 'LimitReached';
}

/** While the machine slept, another run may have taken the queue for one that a kill left. */
const isGone = (error: unknown) =>
  error instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(error.name);

/** @throws The error, if waiting does not help. */
async function waitForAws(error: unknown, { isLocal }: Stack, output: Output): Promise<void> {
  const { signal } = output;
  signal.throwIfAborted();
  const isBusy = error instanceof Error && /Throttl|TooManyRequests|NoAnswer/.test(error.name);
  // The local stack answers before it has made its table and its topic.
  const isStarting = isLocal && error instanceof Error && /NotFound/.test(error.name);
  const problem = connectionProblem(error) ?? (isBusy || isStarting ? error.message : undefined);
  if (problem === undefined) throw error;
  output.note(
    `${isLocal ? 'The local stack' : 'AWS'} cannot be reached: ${problem}. Trying again.`,
  );
  await delay(RETRY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
}

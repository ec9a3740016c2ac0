import { faultOfError } from '../../lib/aws/publish-faults.ts';
import type { BatchEntryResult, PublishFault } from '../../lib/messages/ports.ts';
import { type Defect, withCalls, withErrors, withStore, withTopic } from './defect.ts';
import { sdkError } from './memory-sns.ts';

/** Other results of each batch than those of the topic. */
function withResults(
  change: (result: BatchEntryResult) => BatchEntryResult,
): Pick<Defect, 'parts'> {
  return withTopic((topic) => ({
    publishBatch: (...args) =>
      topic.publishBatch(...args).map(async (result) => change(await result)),
  }));
}

const otherFault = (from: PublishFault, to: PublishFault) =>
  withResults((result) =>
    'fault' in result && result.fault === from ? { ...result, fault: to } : result,
  );

/** Has a call that fails with one kind of error look as if the topic were down. */
const asOutage = (fault: PublishFault) =>
  withErrors((error) =>
    faultOfError(error) === fault ? sdkError('InternalErrorException') : error,
  );

/** The sweeper rejects as soon as a query fails, and leaves its batches under way. */
function endingAtFirstFailedQuery(): Omit<Defect, 'name'> {
  let fail: (error: unknown) => void = () => {};
  return {
    ...withStore((store) => ({
      findPending: (...args) =>
        store.findPending(...args).catch((error) => {
          fail(error);
          throw error;
        }),
    })),
    handlers: ({ sweeper, ...others }) => ({
      ...others,
      sweeper: (event, context) =>
        Promise.race([
          new Promise<never>((_, reject) => {
            fail = reject;
          }),
          sweeper(event, context),
        ]),
    }),
  };
}

/** Each breaks the guarantee: what is swept, and in which order. */
export const SWEEP_DEFECTS: readonly Defect[] = [
  {
    name: 'sweeps one shard only',
    ...withStore((store) => ({
      findPending: async (shard, ...rest) =>
        shard === '0' ? store.findPending(shard, ...rest) : { keys: [] },
    })),
  },
  {
    name: 'sweeps without marking',
    ...withStore((store) => ({
      markPublished: (id, owner, _, deadline) => store.release(id, owner, deadline),
    })),
  },
  {
    name: 'marks what failed in a batch',
    ...withResults((result) => ('fault' in result ? { sns_message_id: 'none' } : result)),
  },
  {
    name: 'publishes what somebody else has claimed',
    ...withStore((store) => ({
      claimPending: async (...args) => {
        const claim = await store.claimPending(...args);
        return claim.status === 'held' ? { ...claim, status: 'claimed' } : claim;
      },
    })),
  },
  { name: 'gives up a call of which one entry is invalid', ...asOutage('entry') },
  {
    name: 'lets one entry have every call of its batch fail for ever',
    ...withStore((store) => ({
      claimPending: async (...args) => {
        const claim = await store.claimPending(...args);
        if (claim.status !== 'claimed') return claim;
        const { record } = claim;
        return { ...claim, record: { ...record, publish_attempts: record.requests } };
      },
    })),
  },
  { name: 'lets an entry with an unknown error fail its whole batch', ...asOutage('unknown') },
  {
    name: 'takes a failure of the topic for one of the entry',
    ...otherFault('topic', 'entry'),
  },
  { name: 'takes an unknown error for a final one at once', ...otherFault('unknown', 'entry') },
  {
    name: 'publishes a conversation in one call',
    parts: (parts) => {
      const { topic, toNotification } = parts;
      const real = new Map<string, string>();
      const restored = withTopic(() => ({
        publishBatch: (notifications, deadline) =>
          topic.publishBatch(
            notifications.map((one) => ({
              ...one,
              conversation: real.get(one.message_id) ?? one.conversation,
            })),
            deadline,
          ),
      }));
      return {
        ...(restored.parts?.(parts) ?? parts),
        toNotification: (record) => {
          const notification = toNotification(record);
          const { message_id, conversation } = notification;
          real.set(message_id, conversation);
          return { ...notification, conversation: message_id };
        },
      };
    },
  },
  {
    name: 'goes on with a conversation after a message failed',
    ...withStore((store) => ({
      claimPending: async (...args) => {
        const claim = await store.claimPending(...args);
        if (claim.status !== 'claimed') return claim;
        // As if it had been waited for long enough.
        return { ...claim, record: { ...claim.record, received_at: 0 } };
      },
    })),
  },
  {
    name: 'goes on with a conversation of which another attempt holds a message',
    ...withStore((store) => ({
      claimPending: async (...args) => {
        const claim = await store.claimPending(...args);
        return claim.status === 'held' ? { status: 'not-pending' } : claim;
      },
    })),
  },
  {
    name: 'goes on with conversations though a record could not be claimed',
    ...withStore((store) => ({
      claimPending: (...args) =>
        store.claimPending(...args).catch(() => ({ status: 'not-pending' as const })),
    })),
  },
  {
    name: 'goes on with conversations though a shard could not be read',
    ...withStore((store) => ({
      findPending: (...args) => store.findPending(...args).catch(() => ({ keys: [] })),
    })),
  },
];

/** The same for what ends when, and what is left when a handler returns. */
export const TIME_DEFECTS: readonly Defect[] = [
  {
    name: 'returns at the first failed query, with batches under way',
    ...endingAtFirstFailedQuery(),
  },
  {
    name: 'leaves a call under way when it aborts it',
    ...withCalls((deadline, run) =>
      Promise.race([
        run(deadline),
        new Promise<never>((_, fail) =>
          deadline.addEventListener('abort', () => fail(deadline.reason)),
        ),
      ]),
    ),
  },
  { name: 'does not abort what a deadline ends', ...withCalls((_, run) => run()) },
  {
    name: 'pauses between attempts beyond the deadline',
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  },
  {
    name: 'gives the marks of a sweep the deadline of its publishing',
    ...withStore((store) => {
      let work: AbortSignal | undefined;
      return {
        claimPending: (id, claim, now, deadline) => {
          work = deadline;
          return store.claimPending(id, claim, now, deadline);
        },
        markPublished: (id, owner, publication, deadline) =>
          store.markPublished(id, owner, publication, work ?? deadline),
      };
    }),
  },
  {
    name: 'reserves no time of a sweep for marks',
    handlers: ({ sweeper, ...others }) => ({
      ...others,
      sweeper: (event, context) =>
        sweeper(event, {
          ...context,
          getRemainingTimeInMillis: () => context.getRemainingTimeInMillis() + 3_500,
        }),
    }),
  },
  {
    name: 'waits for all results of a batch before its first mark',
    ...withTopic((topic) => ({
      publishBatch: (...args) => {
        const results = topic.publishBatch(...args);
        return results.map(async (result) => {
          await Promise.all(results);
          return result;
        });
      },
    })),
  },
  {
    name: 'gives its releases no deadline',
    ...withStore((store) => ({ release: (id, owner) => store.release(id, owner) })),
  },
  {
    name: 'gives the publishing of a sweep no deadline',
    ...withTopic((topic) => ({ publishBatch: (some) => topic.publishBatch(some) })),
  },
];

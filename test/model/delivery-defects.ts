import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { publicationOf } from '../../lib/messages/delivery.ts';
import type { MessageRecord } from '../../lib/messages/message-record.ts';
import {
  type Defect,
  type Parts,
  withCommands,
  withErrors,
  withStore,
  withTopic,
  withUpdates,
} from './defect.ts';

/** Another record in place than the one that a put meets. */
function withExisting(
  change: (existing: MessageRecord, put: MessageRecord) => MessageRecord,
): Pick<Defect, 'parts'> {
  return withStore((store) => ({
    putNew: async (record, deadline) => {
      const existing = await store.putNew(record, deadline);
      return existing === 'stored' ? existing : change(existing, record);
    },
  }));
}

/** Answers an outcome with another status. */
function withAnswer(outcome: string, statusCode: number): Pick<Defect, 'handlers'> {
  return {
    handlers: ({ webhook, ...others }) => ({
      ...others,
      webhook: async (event, context) => {
        const answer = await webhook(event, context);
        return answer.body?.includes(outcome) ? { ...answer, statusCode } : answer;
      },
    }),
  };
}

/** Calls the store before each publish, as the owner of the claim. */
function beforePublish(
  call: (parts: Parts, record: MessageRecord, owner: string) => Promise<unknown>,
): Pick<Defect, 'parts'> {
  return {
    parts: (parts) => {
      const owners = new Map<string, MessageRecord>();
      const noted = withStore((store) => ({
        putNew: (record, deadline) => {
          owners.set(record.message_id, record);
          return store.putNew(record, deadline);
        },
      })).parts?.(parts);
      const publishing = withTopic((topic) => ({
        publish: async (notification, deadline) => {
          const record = owners.get(notification.message_id);
          if (record?.claim) await call(parts, record, record.claim.owner);
          return topic.publish(notification, deadline);
        },
      }));
      return publishing.parts?.(noted ?? parts) ?? parts;
    },
  };
}

/** Each breaks the guarantee: what a PBX is told, and who may publish. */
export const DELIVERY_DEFECTS: readonly Defect[] = [
  {
    name: 'takes other content under a known id for the same message',
    ...withExisting((existing, { fingerprint }) => ({ ...existing, fingerprint })),
  },
  { name: 'answers 200 to a conflict', ...withAnswer('conflict', 200) },
  { name: 'answers 200 while the message is in flight', ...withAnswer('in-flight', 200) },
  {
    name: 'drops the lease test',
    parts: (parts) => {
      const claims = new Map<string, MessageRecord['claim']>();
      const { store } = parts;
      return (
        withStore(() => ({
          putNew: async (record, deadline) => {
            const existing = await store.putNew(record, deadline);
            if (existing === 'stored' || !existing.claim) return existing;
            claims.set(existing.message_id, existing.claim);
            return { ...existing, claim: { ...existing.claim, until: 0 } };
          },
          takeOver: ({ message_id, claim: seen }, claim, deadline) => {
            const real = claims.get(message_id) ?? seen;
            return store.takeOver({ message_id, ...(real && { claim: real }) }, claim, deadline);
          },
        })).parts?.(parts) ?? parts
      );
    },
  },
  {
    name: 'takes any claim for its own',
    ...withExisting((existing, { claim }) =>
      existing.claim && claim ? { ...existing, claim } : existing,
    ),
  },
  {
    name: 'gives every attempt the same owner',
    parts: (parts) => ({ ...parts, newOwner: () => 'me' }),
  },
  {
    name: 'publishes though the take-over failed',
    ...withStore((store) => {
      const seen = new Map<string, MessageRecord>();
      return {
        putNew: async (record, deadline) => {
          const existing = await store.putNew(record, deadline);
          if (existing !== 'stored') seen.set(record.message_id, existing);
          return existing;
        },
        takeOver: async (record, claim, deadline) =>
          (await store.takeOver(record, claim, deadline)) ?? seen.get(record.message_id),
      };
    }),
  },
  {
    name: 'marks before it publishes',
    ...beforePublish((parts, { message_id }, owner) =>
      parts.store.markPublished(message_id, owner, publicationOf('x', parts)),
    ),
  },
  {
    name: 'releases before it publishes',
    ...beforePublish(({ store }, { message_id }, owner) => store.release(message_id, owner)),
  },
  {
    name: 'answers 200 to a failed publish',
    ...withTopic((topic) => ({
      publish: (...args) => topic.publish(...args).catch(() => 'none'),
    })),
  },
  {
    name: 'gives its mark no deadline',
    ...withStore((store) => ({
      markPublished: (id, owner, publication) => store.markPublished(id, owner, publication),
    })),
  },
  {
    name: 'gives its mark the deadline of the publish',
    parts: (parts) => {
      let work: AbortSignal | undefined;
      const publishing = withTopic((topic) => ({
        publish: (notification, deadline) => {
          work = deadline;
          return topic.publish(notification, deadline);
        },
      }));
      const marking = withStore((store) => ({
        markPublished: (id, owner, publication, deadline) =>
          store.markPublished(id, owner, publication, work ?? deadline),
      }));
      return marking.parts?.(publishing.parts?.(parts) ?? parts) ?? parts;
    },
  },
  { name: 'leaves the timers of its deadlines behind', keepsTimers: true },
];

/** The same for the conditions of the table's writes. */
export const STORE_DEFECTS: readonly Defect[] = [
  {
    name: 'puts unconditionally',
    ...withCommands((command) => {
      if (command instanceof PutItemCommand) delete command.input.ConditionExpression;
    }),
  },
  {
    name: 'may expire before it is published',
    ...withCommands((command) => {
      if (command instanceof PutItemCommand && command.input.Item) {
        command.input.Item.expires_at = { N: '1' };
      }
    }),
  },
  {
    name: 'marks unconditionally',
    ...withUpdates(
      'ConditionExpression',
      'claim_owner = :owner',
      'attribute_exists(message_id) OR claim_owner = :owner',
      'published_at',
    ),
  },
  {
    name: 'releases unconditionally',
    ...withUpdates(
      'ConditionExpression',
      'claim_owner = :owner',
      'attribute_exists(message_id) OR claim_owner = :owner',
      'REMOVE claim_owner, claim_until',
    ),
  },
  {
    name: 'takes over any claim',
    ...withUpdates(
      'ConditionExpression',
      'claim_owner = :seenOwner AND claim_until = :seenUntil',
      '(claim_owner = :seenOwner OR claim_until > :seenUntil)',
    ),
  },
  {
    name: 'takes over what is published',
    ...withUpdates(
      'ConditionExpression',
      'attribute_exists(pending_shard)',
      'attribute_exists(message_id)',
    ),
  },
  {
    name: 'sweeps live claims',
    ...withUpdates('ConditionExpression', 'claim_until <= :now', 'claim_until >= :now'),
  },
  {
    name: 'keeps what is marked in the pending index',
    ...withUpdates('UpdateExpression', 'REMOVE pending_shard, ', 'REMOVE '),
  },
  {
    name: 'does not count attempts',
    ...withUpdates('UpdateExpression', 'if_not_exists(attempts, :zero) + :one', 'attempts'),
  },
  {
    name: 'counts a sweep as a request',
    ...withUpdates(
      'UpdateExpression',
      'if_not_exists(requests, attempts), ',
      'if_not_exists(requests, attempts) + :one, ',
    ),
  },
  {
    name: 'does not see whose claim it met',
    ...withErrors((error, command) => {
      const isClaim = command instanceof UpdateItemCommand && 'Item' in error;
      if (isClaim) Object.assign(error, { Item: undefined });
      return error;
    }),
  },
];

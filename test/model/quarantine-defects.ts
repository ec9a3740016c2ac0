import { hash, randomUUID } from 'node:crypto';
import {
  type Acceptance,
  type QuarantineStore,
  quarantineIdOfBody,
  quarantineIdOfMessage,
  type RefusedRequest,
} from '../../lib/messages/quarantine.ts';
import { fingerprint } from '../../lib/messages/sms-message.ts';
import { changed, type Defect, withUpdates } from './defect.ts';
import type { OperatorParts } from './operators.ts';

function withQuarantine(
  change: (store: QuarantineStore) => Partial<QuarantineStore>,
): Pick<Defect, 'quarantine'> {
  return { quarantine: (store) => changed(store, change(store)) };
}

/** Requests under other ids. */
function withIds(idOf: (request: RefusedRequest) => string): Pick<Defect, 'quarantine'> {
  return withQuarantine((store) => ({
    keep: (request, attempt, deadline) => {
      // In place, because the webhook notes the id of this object.
      Object.assign(request, { quarantine_id: idOf(request) });
      return store.keep(request, attempt, deadline);
    },
  }));
}

type Acceptances = OperatorParts['acceptances'];

function withAcceptances(
  change: (acceptances: Acceptances, parts: OperatorParts) => Partial<Acceptances>,
): Pick<Defect, 'operator'> {
  return {
    operator: (parts) => ({
      ...parts,
      acceptances: changed(parts.acceptances, change(parts.acceptances, parts)),
    }),
  };
}

function withAccept(
  change: (accept: OperatorParts['accept']) => OperatorParts['accept'],
): Pick<Defect, 'operator'> {
  return { operator: (parts) => ({ ...parts, accept: change(parts.accept) }) };
}

/** Acceptances, and the one that was begun last. */
function notingWhatIsBegun({ acceptances }: OperatorParts) {
  let last: [string, Acceptance] = ['', { message_id: '', fingerprint: '', set: {} }];
  const begin: Acceptances['begin'] = (id, acceptance) => {
    last = [id, acceptance];
    return acceptances.begin(id, acceptance);
  };
  return { acceptances: changed(acceptances, { begin }), begun: () => last };
}

/** Acceptances that are stored only once the message is delivered. */
const withoutIntent = withAcceptances((acceptances) => ({
  begin: async () => ({ isDone: true }),
  finish: async (id, acceptance, at) => {
    await acceptances.begin(id, acceptance);
    return acceptances.finish(id, acceptance, at);
  },
}));

const BEGIN = 'accepted_as = :as, ';

/** Each breaks the guarantee: what is kept of a request that is refused. */
export const KEEPING_DEFECTS: readonly Defect[] = [
  {
    name: 'keeps each attempt of one request for itself',
    ...withIds(({ form }) => quarantineIdOfBody(hash('sha256', form))),
  },
  {
    name: 'keeps two requests of one id as one',
    ...withIds(({ quarantine_id, sent_message_id }) =>
      sent_message_id === undefined ? quarantine_id : quarantineIdOfMessage(sent_message_id, ''),
    ),
  },
  {
    name: 'says that it has kept what could not be kept',
    ...withQuarantine((store) => ({ keep: (...args) => store.keep(...args).catch(() => 0) })),
  },
  {
    name: 'counts an attempt again that the SDK sent twice',
    ...withUpdates(
      'ConditionExpression',
      'AND #last_request = :last_request',
      'AND attribute_not_exists(#last_request)',
    ),
  },
  {
    name: 'counts no attempt after the first',
    ...withUpdates(
      'UpdateExpression',
      'if_not_exists(#requests, :zero) + :one',
      'if_not_exists(#requests, :one) + :zero',
    ),
  },
  {
    name: 'moves an entry to the time of its last attempt',
    ...withUpdates('UpdateExpression', 'if_not_exists(#received_at, :received_at)', ':received_at'),
  },
  {
    name: 'forgets with the next attempt that it was accepted',
    ...withUpdates(
      'UpdateExpression',
      'REMOVE faults',
      'REMOVE faults, accepted_as, accepted_fingerprint, accepted_set, accepted_at',
    ),
  },
  {
    name: 'brings back with the next attempt what was discarded',
    ...withUpdates('ConditionExpression', 'attribute_not_exists(discarded_at) AND NOT', 'NOT'),
  },
];

/** The same for what becomes of it. */
export const ACCEPTANCE_DEFECTS: readonly Defect[] = [
  {
    name: 'gives an accepted message a random id',
    ...withAccept((accept) => (entry, values, dependencies) => {
      if (entry.acceptance) return accept(entry, values, dependencies);
      // As if the PBX could never deliver it, which is asked before an id may be set.
      const conflict = { ...entry, reason: 'conflict' as const };
      return accept(conflict, { message_id: randomUUID(), ...values }, dependencies);
    }),
  },
  { name: 'does not store what it will deliver', ...withoutIntent },
  {
    name: 'makes something else of what another operator has begun to accept',
    ...withUpdates(
      'ConditionExpression',
      'attribute_not_exists(accepted_as) OR',
      'attribute_exists(message_id) OR',
      BEGIN,
    ),
  },
  {
    name: 'delivers its own message though another one was begun',
    ...withAcceptances((acceptances) => ({
      begin: async (...args) => {
        await acceptances.begin(...args);
        return { isDone: true };
      },
    })),
  },
  {
    name: 'marks an acceptance as done before it delivers',
    ...withAcceptances((acceptances, { delivery }) => ({
      begin: async (id, acceptance, deadline) => {
        const begun = await acceptances.begin(id, acceptance, deadline);
        if (begun.isDone) await acceptances.finish(id, acceptance, delivery.now(), deadline);
        return begun;
      },
    })),
  },
  {
    name: 'marks an acceptance as done though its delivery failed',
    operator: (parts) => {
      const { acceptances, begun } = notingWhatIsBegun(parts);
      const { accept, delivery } = parts;
      return {
        ...parts,
        acceptances,
        accept: (...args) =>
          accept(...args).catch(async () => {
            await acceptances.finish(...begun(), delivery.now());
            return { outcome: 'published', message_id: '' };
          }),
      };
    },
  },
  {
    name: 'takes another message under the id for the accepted one',
    operator: (parts) => {
      const { delivery } = parts;
      const putNew: typeof delivery.store.putNew = async (record, deadline) => {
        const existing = await delivery.store.putNew(record, deadline);
        const { fingerprint } = record;
        return existing === 'stored' ? existing : { ...existing, fingerprint };
      };
      return { ...parts, delivery: { ...delivery, store: changed(delivery.store, { putNew }) } };
    },
  },
  {
    name: 'gives an accepted message another fingerprint',
    ...withAccept((accept) => (entry, values, dependencies) => {
      const other = fingerprint({ from: '', sms_number: '', body: '' });
      return accept(
        entry.fingerprint ? { ...entry, fingerprint: other } : entry,
        values,
        dependencies,
      );
    }),
  },
  {
    name: 'takes back an acceptance while another attempt publishes its message',
    operator: (parts) => {
      const { acceptances, begun } = notingWhatIsBegun(parts);
      const pause = async () => void (await acceptances.withdraw(...begun()));
      return { ...parts, acceptances, pause };
    },
  },
  {
    name: 'claims a message for a shorter time than its delivery may take',
    operator: (parts) => ({ ...parts, delivery: { ...parts.delivery, leaseMs: 5_000 } }),
  },
  {
    name: 'discards what somebody has begun to accept',
    ...withUpdates(
      'ConditionExpression',
      'attribute_not_exists(accepted_as)',
      'attribute_exists(message_id)',
      'discarded_at',
    ),
  },
  {
    name: 'accepts what was discarded',
    ...withUpdates(
      'ConditionExpression',
      'attribute_not_exists(discarded_at)',
      'attribute_exists(message_id)',
      BEGIN,
    ),
  },
];

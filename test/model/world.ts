import { type Claim, type MessageRecord, shardOf } from '../../lib/message-record.ts';
import type { Notification } from '../../lib/notification.ts';
import type { MessageStore, MessageTopic } from '../../lib/ports.ts';
import { MemoryMessageStore, type StoredRecord } from '../fakes/memory-message-store.ts';
import { contractFaults } from '../helpers/notification-contract.ts';
import type { CallFault, Invocation, WaitingCall } from './calls.ts';
import { checkWrite, Violation } from './invariants.ts';

/**
 * A store and a topic shared by any number of invocations, each call of which happens when, and
 * goes wrong as, the schedule says. Watches every write for what must never happen.
 */
export class World {
  now = 1_000_000;
  keepsOrder = false;
  readonly waiting: WaitingCall[] = [];
  readonly records = new MemoryMessageStore();
  readonly published: Notification[] = [];
  /** What may have caused a second publication of a message: a message id each. */
  readonly excuses: string[] = [];
  readonly invocations: Invocation[] = [];
  /** The first thing seen that must never happen. */
  violation: Violation | undefined;
  readonly #claimsTaken = new Map<string, number>();

  startInvocation(name: string): Invocation {
    const invocation = { name, crashed: false, claims: new Map<string, number>() };
    this.invocations.push(invocation);
    return invocation;
  }

  /** Whoever still works on a claim that has ended may publish what another one publishes, too. */
  advanceClock(ms: number): void {
    this.now += ms;
    for (const { claims } of this.invocations) {
      for (const [id, until] of claims) {
        if (until > this.now) continue;
        this.excuses.push(id);
        claims.delete(id);
      }
    }
  }

  storeFor(invocation: Invocation): MessageStore {
    const call = <T>(
      operation: keyof MessageStore,
      ids: string[],
      apply: () => Promise<T>,
      writer?: string,
    ) => this.#wait(invocation, operation, ids, () => this.#watched(ids, apply, writer));
    const claiming = async (
      id: string,
      claim: Claim,
      attempt: Promise<MessageRecord | undefined>,
    ) => {
      const record = await attempt;
      if (record?.claim?.owner === claim.owner) this.#hold(invocation, id, claim.until);
      return record;
    };
    const store = this.records;
    return {
      putNew: async (record) => {
        const id = record.message_id;
        const result = await call('putNew', [id], () => store.putNew(record));
        const isOurs = result === 'stored' || result.claim?.owner === record.claim?.owner;
        if (isOurs && record.claim) this.#hold(invocation, id, record.claim.until);
        return result;
      },
      takeOver: (seen, claim) => {
        const id = seen.message_id;
        const attempt = call('takeOver', [id], () => store.takeOver(seen, claim));
        return claiming(id, claim, attempt);
      },
      claimPending: (id, claim, now) => {
        const attempt = call('claimPending', [id], () => store.claimPending(id, claim, now));
        return claiming(id, claim, attempt);
      },
      markPublished: async (id, owner, publication) => {
        const mark = () => store.markPublished(id, owner, publication);
        const marked = await call('markPublished', [id], mark, owner);
        invocation.claims.delete(id);
        return marked;
      },
      release: (id, owner) => {
        // Nothing is published under a claim once its release is under way.
        invocation.claims.delete(id);
        return call('release', [id], () => store.release(id, owner), owner);
      },
      findPending: (shard, query) => {
        const find = () => store.findPending(shard, query);
        return this.#isEmpty(shard) ? find() : call('findPending', [], find);
      },
      countPending: (shard, query) =>
        call('countPending', [], () => store.countPending(shard, query)),
    };
  }

  topicFor(invocation: Invocation): MessageTopic {
    const publish = async (notification: Notification) => {
      const [fault] = contractFaults(notification);
      if (fault)
        this.violation ??= new Violation(`What was published breaks the contract: ${fault}`);
      this.published.push(notification);
      return `sns-${this.published.length}`;
    };
    return {
      keepsOrder: this.keepsOrder,
      publish: (notification) =>
        this.#wait(invocation, 'publish', [notification.message_id], () => publish(notification)),
      publishBatch: (notifications) => {
        const ids = notifications.map(({ message_id }) => message_id);
        const call = this.#wait(invocation, 'publishBatch', ids, () =>
          Promise.all(notifications.map(publish)),
        );
        return notifications.map((_, index) =>
          call.then(
            (published) => ({ sns_message_id: published[index] ?? '' }),
            (error: Error) => ({ error: error.name, fault: 'topic' as const }),
          ),
        );
      },
    };
  }

  /** Lets the waiting call at `pick` (modulo their number) happen. */
  async happen(pick: number, fault: CallFault): Promise<void> {
    const [call] = this.waiting.splice(pick % Math.max(1, this.waiting.length), 1);
    if (!call) return;
    this.#excuse(call, fault);
    switch (fault) {
      case 'none':
        return call.apply().then(call.answer, call.fail);
      case 'error':
        return call.fail(new Error('not applied'));
      case 'lost answer':
        await call.apply();
        return call.fail(new Error('applied, answer lost'));
      case 'sent again':
        await call.apply();
        return call.apply().then(call.answer, call.fail);
      case 'late':
        this.waiting.push({ ...call, answer: () => {}, fail: () => {} });
        return call.fail(new Error('not applied yet'));
      case 'crash before':
        return this.#crash(call.invocation);
      case 'crash after':
        await call.apply();
        return this.#crash(call.invocation);
    }
  }

  publicationsOf(messageId: string): Notification[] {
    return this.published.filter(({ message_id }) => message_id === messageId);
  }

  /** Reading such a shard matters to nobody: waiting for it, few schedules would get beyond it. */
  #isEmpty(shard: string): boolean {
    return ![...this.records.records.keys()].some((id) => shardOf(id) === shard);
  }

  /** A claim may have ended before the call that took it was done. */
  #hold(invocation: Invocation, id: string, until: number): void {
    if (until <= this.now) this.excuses.push(id);
    else invocation.claims.set(id, until);
  }

  #wait<T>(
    invocation: Invocation,
    operation: WaitingCall['operation'],
    ids: readonly string[],
    apply: () => Promise<T>,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (invocation.crashed) return;
      const answer = (result: unknown) => {
        if (!invocation.crashed) resolve(result as T);
      };
      const fail = (error: Error) => {
        if (!invocation.crashed) reject(error);
      };
      this.waiting.push({ invocation, operation, ids, apply, answer, fail });
    });
  }

  #excuse({ operation, ids, invocation }: WaitingCall, fault: CallFault): void {
    const publishes = operation === 'publish' || operation === 'publishBatch';
    const isAmbiguous = fault === 'lost answer' || fault === 'sent again' || fault === 'late';
    if (publishes && isAmbiguous) this.excuses.push(...ids);
    const isMark = operation === 'markPublished';
    if (isMark && (fault === 'error' || fault === 'late')) this.excuses.push(...ids);
    if (fault.startsWith('crash')) this.excuses.push(...invocation.claims.keys(), ...ids);
  }

  #crash(invocation: Invocation): void {
    invocation.crashed = true;
    invocation.claims.clear();
    const lost = this.waiting.filter((call) => call.invocation === invocation);
    for (const call of lost) this.waiting.splice(this.waiting.indexOf(call), 1);
  }

  /** Applies a write and compares the records before and after it. */
  async #watched<T>(
    ids: readonly string[],
    apply: () => Promise<T>,
    writer: string | undefined,
  ): Promise<T> {
    const before = ids.map((id) => this.records.records.get(id));
    const result = await apply();
    for (const [index, id] of ids.entries()) {
      const after = this.records.records.get(id);
      try {
        const by = { writer, now: this.now, publications: this.publicationsOf(id).length };
        checkWrite(before[index], after, by);
        this.#countClaim(id, before[index], after);
      } catch (error) {
        this.violation ??= error as Violation;
      }
    }
    return result;
  }

  #countClaim(id: string, before: StoredRecord | undefined, after: StoredRecord | undefined): void {
    const isSeized = after?.claim && after.claim.owner !== before?.claim?.owner;
    const taken = (this.#claimsTaken.get(id) ?? 0) + (isSeized ? 1 : 0);
    this.#claimsTaken.set(id, taken);
    if (after && after.attempts !== taken) {
      throw new Violation(`${id} counts ${after.attempts} attempts, not ${taken}`);
    }
  }
}

import { ALL_SHARDS, type PendingKey } from './message-record.ts';
import type { CallOptions, MessageStore, PendingQuery } from './ports.ts';

export interface PendingReader {
  /**
   * The next keys, at most `count`; none at the end. May be called by several workers at once. Never
   * rejects: a shard that cannot be read is left out from there on.
   */
  take(count: number): Promise<PendingKey[]>;
  /** The next key, which stays. */
  peek(): Promise<PendingKey | undefined>;
  /** Why the first shard that is left out could not be read; undefined if none is left out. */
  readonly error: unknown;
}

interface ShardBuffer {
  readonly shard: string;
  keys: readonly PendingKey[];
  position: number;
  next: PendingKey | undefined;
}

/**
 * Reads all shards of the pending index as one list, the oldest first. A page a shard is held at a
 * time, so memory does not grow with the backlog.
 */
export function createPendingReader(
  store: Pick<MessageStore, 'findPending'>,
  query: Pick<PendingQuery, 'receivedBefore'>,
  options: CallOptions = {},
): PendingReader {
  let buffers: ShardBuffer[] | undefined;
  let error: unknown;

  const load = async (buffer: ShardBuffer, after?: PendingKey) => {
    const shardQuery = after ? { ...query, after } : query;
    const page = await store
      .findPending(buffer.shard, shardQuery, options)
      .catch((reason: unknown) => {
        error ??= reason;
        return undefined;
      });
    buffer.keys = page?.keys ?? [];
    buffer.position = 0;
    buffer.next = page?.next;
  };

  /** The shard whose next key is the oldest, with that key at hand. */
  const oldest = async (): Promise<ShardBuffer | undefined> => {
    if (!buffers) {
      buffers = ALL_SHARDS.map((shard) => ({ shard, keys: [], position: 0, next: undefined }));
      await Promise.all(buffers.map((buffer) => load(buffer)));
    }
    let found: ShardBuffer | undefined;
    for (const buffer of buffers) {
      while (buffer.position === buffer.keys.length && buffer.next) await load(buffer, buffer.next);
      const key = buffer.keys[buffer.position];
      const best = found?.keys[found.position];
      if (key && (!best || key.received_at < best.received_at)) found = buffer;
    }
    return found;
  };

  const takeNow = async (count: number): Promise<PendingKey[]> => {
    const taken: PendingKey[] = [];
    while (taken.length < count) {
      const buffer = await oldest();
      const key = buffer?.keys[buffer.position];
      if (!buffer || !key) break;
      buffer.position++;
      taken.push(key);
    }
    return taken;
  };

  // Workers take turns: two of them must not move through one buffer at once.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(job: () => Promise<T>): Promise<T> => {
    const result = turn.then(job);
    turn = result;
    return result;
  };

  return {
    take: (count) => inTurn(() => takeNow(count)),
    peek: () =>
      inTurn(async () => {
        const buffer = await oldest();
        return buffer?.keys[buffer.position];
      }),
    get error() {
      return error;
    },
  };
}

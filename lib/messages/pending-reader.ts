import { ALL_SHARDS, type PendingKey } from './message-record.ts';
import type { MessageStore, PendingQuery } from './ports.ts';

export interface PendingReader {
  /**
   * Takes the next keys, at most `count`; an empty list at the end. Several workers may call it at once.
   * Never rejects. A shard that cannot be read is left out from then on.
   */
  take(count: number): Promise<PendingKey[]>;
  /** Returns the next key and does not take it. Reads a page if needed, until this deadline. */
  peek(deadline?: AbortSignal): Promise<PendingKey | undefined>;
  /** False if a shard is left out. */
  readonly isWhole: boolean;
  /** Why the first of them could not be read. Undefined if our own deadline ended it. */
  readonly error: unknown;
}

interface ShardBuffer {
  readonly shard: string;
  keys: readonly PendingKey[];
  position: number;
  next: PendingKey | undefined;
}

/**
 * Reads all shards of the pending index as one list, oldest first. It holds one page for each shard, so
 * memory does not grow with the backlog.
 */
export function createPendingReader(
  store: Pick<MessageStore, 'findPending'>,
  query: Pick<PendingQuery, 'receivedBefore'>,
  deadline?: AbortSignal,
): PendingReader {
  let buffers: ShardBuffer[] | undefined;
  let isWhole = true;
  let error: unknown;

  const load = async (buffer: ShardBuffer, until: AbortSignal | undefined, after?: PendingKey) => {
    const shardQuery = after ? { ...query, after } : query;
    const page = await store
      .findPending(buffer.shard, shardQuery, until)
      .catch((reason: unknown) => {
        isWhole = false;
        if (!until?.aborted) error ??= reason;
        return undefined;
      });
    buffer.keys = page?.keys ?? [];
    buffer.position = 0;
    buffer.next = page?.next;
  };

  /** Returns the shard with the oldest next key, with that key loaded. */
  const oldest = async (until: AbortSignal | undefined): Promise<ShardBuffer | undefined> => {
    if (!buffers) {
      buffers = ALL_SHARDS.map((shard) => ({ shard, keys: [], position: 0, next: undefined }));
      await Promise.all(buffers.map((buffer) => load(buffer, until)));
    }
    let found: ShardBuffer | undefined;
    for (const buffer of buffers) {
      while (buffer.position === buffer.keys.length && buffer.next) {
        await load(buffer, until, buffer.next);
      }
      const key = buffer.keys[buffer.position];
      const best = found?.keys[found.position];
      if (key && (!best || key.received_at < best.received_at)) found = buffer;
    }
    return found;
  };

  const takeNow = async (count: number): Promise<PendingKey[]> => {
    const taken: PendingKey[] = [];
    while (taken.length < count) {
      const buffer = await oldest(deadline);
      const key = buffer?.keys[buffer.position];
      if (!buffer || !key) break;
      buffer.position++;
      taken.push(key);
    }
    return taken;
  };

  // Workers take turns, because two must not move through one buffer at once.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(job: () => Promise<T>): Promise<T> => {
    const result = turn.then(job);
    turn = result;
    return result;
  };

  return {
    take: (count) => inTurn(() => takeNow(count)),
    peek: (until) =>
      inTurn(async () => {
        const buffer = await oldest(until);
        return buffer?.keys[buffer.position];
      }),
    get isWhole() {
      return isWhole;
    },
    get error() {
      return error;
    },
  };
}

import type { ArchivedMessage, MessageArchive } from '../../archive/message-archive.ts';
import type { HeardMessage } from './heard-message.ts';

/** Where a message was found. */
export type Source = 'archive' | 'live';

/** How far a listener is: what the next one needs to go on without a gap or a repeat. */
export interface Progress {
  /** Each message received before this time, epoch ms, is handed over, left out, or in {@link waiting}. */
  readonly since: number;
  /** Messages of the archive that were not published yet. */
  readonly waiting: readonly string[];
  /** The latest messages that were handed over or left out, the newest last. */
  readonly handled: readonly string[];
}

export interface ListenerPorts {
  readonly archive: Pick<MessageArchive, 'find' | 'findAll' | 'list' | 'listKeys'>;
  /** Reads a stored message as it was published. */
  readonly read: (message: ArchivedMessage) => HeardMessage | undefined;
  /** Whether somebody wants it. */
  readonly isWanted: (message: HeardMessage) => boolean;
  /** Hands it over. It rejects only if the command must end. */
  readonly deliver: (message: HeardMessage, source: Source) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * A message may be stored this much later than its `received_at` says: the function has 25 s, its clock may be
 * off by a second, and the index follows the table within a second.
 */
const SETTLED_MS = 60_000;
const MAX_HANDLED = 20_000;

/**
 * Hands over each message once, from two sources. The queue is fast, and may lose messages: it begins at some
 * moment, and forgets while the machine sleeps. The archive has every message, a second later. Each catch-up
 * takes from the archive what the queue did not bring.
 *
 * A message is handed over once it is published, as to any subscriber. One that the archive has as not published
 * may have reached SNS before the queue was there. So it waits until one of the two sources has it as published.
 */
export class Listener {
  readonly #ports: ListenerPorts;
  #since: number;
  readonly #waiting: Set<string>;
  readonly #handled: Set<string>;

  constructor(ports: ListenerPorts, { since, waiting, handled }: Progress) {
    this.#ports = ports;
    this.#since = since;
    this.#waiting = new Set(waiting);
    this.#handled = new Set(handled);
  }

  get progress(): Progress {
    return { since: this.#since, waiting: [...this.#waiting], handled: [...this.#handled] };
  }

  /** Hands over what is published in the archive and was not handed over yet, the oldest first. */
  async catchUp(): Promise<void> {
    const { archive, signal } = this.#ports;
    await this.#recheck();
    let newest = this.#since;
    const isNew = (id: string) => !this.#handled.has(id) && !this.#waiting.has(id);
    const found = archive.list(
      {
        since: this.#since,
        order: 'oldest-first',
        whereKey: ({ message_id, received_at }) => {
          newest = Math.max(newest, received_at);
          return isNew(message_id);
        },
      },
      { signal },
    );
    for await (const message of found) {
      await this.#offerStored(message);
      this.#since = Math.max(this.#since, message.received_at - SETTLED_MS);
    }
    this.#since = Math.max(this.#since, newest - SETTLED_MS);
  }

  /** Takes a message that came through the queue. */
  async hear(message: HeardMessage): Promise<void> {
    await this.#offer(message, 'live');
  }

  async #offerStored(record: ArchivedMessage): Promise<void> {
    if (record.published_at === undefined) {
      this.#waiting.add(record.message_id);
      return;
    }
    const message = this.#ports.read(record);
    if (message) await this.#offer(message, 'archive');
    else this.#handle(record.message_id);
  }

  async #offer(message: HeardMessage, source: Source): Promise<void> {
    const { message_id, replay } = message;
    // A replay is meant to come again, once.
    const key = replay === undefined ? message_id : `${message_id} ${replay}`;
    if (this.#handled.has(key)) return;
    if (this.#ports.isWanted(message)) await this.#ports.deliver(message, source);
    this.#handle(key);
  }

  #handle(key: string): void {
    this.#waiting.delete(key);
    this.#handled.add(key);
    const [oldest] = this.#handled;
    if (this.#handled.size > MAX_HANDLED && oldest !== undefined) this.#handled.delete(oldest);
  }

  async #recheck(): Promise<void> {
    const { archive, signal } = this.#ports;
    const found = await archive.findAll([...this.#waiting], { signal });
    const byId = new Map(found.map((message) => [message.message_id, message]));
    for (const id of this.#waiting) {
      // A batch may be read from a replica that does not have it yet.
      const record = byId.get(id) ?? (await archive.find(id, { signal }));
      if (!record) this.#waiting.delete(id);
    }
    const inOrder = found.toSorted((one, other) => one.received_at - other.received_at);
    for (const record of inOrder) await this.#offerStored(record);
  }
}

/**
 * Where a listener begins. Read it before the queue is subscribed: a message that is published in between must not
 * count as an old one.
 *
 * @param since Epoch ms. Without it, only what is published from now on is wanted. "Now" is read from the messages,
 * not from the clock of this machine, which may be wrong.
 */
export async function progressFrom(
  since: number | undefined,
  archive: ListenerPorts['archive'],
  signal: AbortSignal,
): Promise<Progress> {
  const waiting: string[] = [];
  for await (const { message_id } of archive.list({ isPending: true }, { signal })) {
    waiting.push(message_id);
  }
  if (since !== undefined) return { since, waiting, handled: [] };
  let now = 0;
  for await (const { received_at } of archive.listKeys({ limit: 1 }, { signal })) {
    now = received_at - SETTLED_MS;
  }
  const handled: string[] = [];
  const recent = archive.list({ since: now, order: 'oldest-first' }, { signal });
  for await (const { message_id, published_at } of recent) {
    if (published_at === undefined) waiting.push(message_id);
    else if (!waiting.includes(message_id)) handled.push(message_id);
  }
  return { since: now, waiting, handled };
}

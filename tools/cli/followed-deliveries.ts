import { setTimeout as delay } from 'node:timers/promises';
import { type Addressee, type DeliveryText, deliveryTexts } from '../archive/deliveries.ts';
import { printableLine } from '../shared/terminal-text.ts';
import { addresseesIn } from './addressees.ts';
import type { Output } from './output.ts';
import type { Stack } from './stack.ts';

/** Longer than a cold start of the forwarder and a slow chat need. */
const LIMIT_MS = 10_000;
const INTERVAL_MS = 500;
/** Above this number, reading the marks costs too much. */
const MAX_FOLLOWED = 1_000;

/** Follows messages that were just sent to the subscribers of settings.yml. */
export class FollowedDeliveries {
  readonly #stack: Stack;
  readonly #output: Output;
  readonly #ids = new Set<string>();

  constructor(stack: Stack, output: Output) {
    this.#stack = stack;
    this.#output = output;
  }

  /** @param messageId The id of a message that the webhook has answered with 200. */
  follow(messageId: string): void {
    // One more than the limit shows that there are too many.
    if (this.#ids.size <= MAX_FOLLOWED) this.#ids.add(messageId);
  }

  /** Waits some seconds until each delivery has succeeded or failed, and shows the state. */
  async show(): Promise<void> {
    const { size } = this.#ids;
    if (size === 0 || this.#stack.subscribers.length === 0) return;
    if (size > MAX_FOLLOWED) {
      this.#output.note(
        `Deliveries of more than ${MAX_FOLLOWED.toLocaleString('en-US')} messages are not followed. To see what waits, run \`subscribers\`.`,
      );
      return;
    }
    const addressees = await addresseesIn(this.#stack, this.#output.signal);
    const found = await this.#settled(addressees);
    if (this.#output.isJson) {
      for (const [message_id, texts] of found) {
        const subscribers = texts.map(({ name, ...text }) => ({ subscriber: name, ...text }));
        await this.#output.json({ message_id, subscribers });
      }
      return;
    }
    const [only, ...others] = [...found.values()];
    const rows = only && others.length === 0 ? only.map(rowOf) : summaryOf([...found.values()]);
    const table = this.#output.table([{ title: 'SUBSCRIBER', width: 30 }, { title: 'DELIVERY' }]);
    await table.write(rows.map(([name, text]) => [name, printableLine(text)]));
  }

  /** By the id of the message. */
  async #settled(
    addressees: readonly Addressee[],
  ): Promise<ReadonlyMap<string, readonly DeliveryText[]>> {
    const { signal } = this.#output;
    using progress = this.#output.progress('Waiting for the subscribers');
    const archive = await this.#stack.archive();
    const end = performance.now() + LIMIT_MS;
    for (;;) {
      // A UUID is stored in lower case.
      const ids = [...this.#ids].flatMap((id) => [id, id.toLowerCase()]);
      const messages = await archive.findAll(ids, { signal });
      const found = new Map(
        messages.map((message) => [message.message_id, deliveryTexts(message, addressees)]),
      );
      const open = [...found.values()].flat().filter(isOpen).length;
      const isComplete = found.size === this.#ids.size && open === 0;
      if (isComplete || performance.now() > end) return found;
      progress.update(undefined, `${open} to go`);
      await delay(INTERVAL_MS, undefined, { signal });
    }
  }
}

function isOpen({ state }: DeliveryText): boolean {
  return state === 'waiting' || state === 'unpublished';
}

function rowOf({ name, state, text }: DeliveryText): readonly [name: string, text: string] {
  return [name, state === 'waiting' ? 'still waiting: see `show`' : text];
}

const WORDS: Readonly<Record<DeliveryText['state'], string>> = {
  delivered: 'delivered',
  failing: 'failing',
  dead: 'given up',
  waiting: 'still waiting',
  'handed-over': 'handed to SNS',
  'not-for-it': 'not for it',
  unpublished: 'not published yet',
  unknown: 'unknown',
};

/** The count of each state, for many messages. */
function summaryOf(all: readonly (readonly DeliveryText[])[]) {
  const bySubscriber = Map.groupBy(all.flat(), ({ name }) => name);
  return [...bySubscriber].map(([name, texts]) => {
    const counts = Map.groupBy(texts, ({ state, reason }) =>
      reason === undefined ? WORDS[state] : `${WORDS[state]} (${reason})`,
    );
    const parts = [...counts].map(([words, { length }]) => `${length} ${words}`);
    return [name, parts.join(', ')] as const;
  });
}

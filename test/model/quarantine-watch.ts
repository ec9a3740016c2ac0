import { fromQuarantineItem } from '../../lib/aws/quarantine-item.ts';
import type { QuarantineEntry } from '../../lib/messages/quarantine.ts';
import type { Call } from './calls.ts';
import { Violation } from './invariants.ts';
import type { MemorySns } from './memory-sns.ts';
import type { Item, MemoryTable } from './memory-table.ts';

/** How often an entry was written for requests of the PBX. */
interface Attempts {
  readonly names: Set<string>;
  last: string;
  /** Writes that the SDK had sent twice, and that arrived after those of another request. */
  late: number;
}

/** Checks the invariants of the quarantine at every write to it. */
export class QuarantineWatch {
  /** What the table holds, by its key. */
  readonly entries = new Map<string, QuarantineEntry>();
  readonly #table: MemoryTable;
  readonly #sns: MemorySns;
  readonly #attempts = new Map<string, Attempts>();

  constructor(table: MemoryTable, sns: MemorySns) {
    this.#table = table;
    this.#sns = sns;
  }

  /**
   * A call about this key has been applied.
   *
   * @throws {Violation} If it did to an entry what no write may.
   */
  wrote(key: string, { operation, invocation }: Call): void {
    const before = this.entries.get(key);
    const item = this.#table.items.get(key);
    if (!item) throw new Violation(`${key} was deleted`);
    const after = entryOf(item);
    this.entries.set(key, after);
    if (before) checkKept(before, after);
    checkAcceptance(before, after, (id) => this.#sns.publicationsOf(id).length > 0);
    if (operation === 'keep') this.#count(key, invocation.name, after);
  }

  /**
   * The webhook has noted that it has kept a request.
   *
   * @throws {Violation} If it has not.
   */
  noted(quarantineId: string, body: string): void {
    const entry = [...this.entries.values()].find((one) => one.quarantine_id === quarantineId);
    if (!entry) throw new Violation(`${quarantineId} is noted as quarantined, and is not there`);
    if (entry.discarded_at === undefined && textOf(entry) !== body) {
      throw new Violation(`${quarantineId} holds another request than ${body}`);
    }
  }

  #count(key: string, request: string, { requests }: QuarantineEntry): void {
    const attempts = this.#attempts.get(key) ?? { names: new Set(), last: request, late: 0 };
    this.#attempts.set(key, attempts);
    if (attempts.names.has(request) && attempts.last !== request) attempts.late++;
    attempts.names.add(request);
    attempts.last = request;
    const expected = attempts.names.size + attempts.late;
    if (requests === expected) return;
    throw new Violation(`${key} counts ${requests} requests, not ${expected}`);
  }
}

/** An item of the table: its binary values are base64. */
function entryOf(item: Item): QuarantineEntry {
  const { form, ...rest } = item;
  const bytes = form && Buffer.from(String(form.B), 'base64');
  return fromQuarantineItem({ ...rest, ...(bytes && { form: { B: bytes } }) });
}

/** The text that an entry holds. */
export function textOf({ form }: QuarantineEntry): string | undefined {
  return form && (new URLSearchParams(Buffer.from(form).toString()).get('body') ?? undefined);
}

/** Nothing of an entry is lost, unless it is discarded. */
function checkKept(before: QuarantineEntry, after: QuarantineEntry): void {
  const id = after.quarantine_id;
  if (after.received_at !== before.received_at) {
    throw new Violation(`${id} has another time of its first attempt`);
  }
  if (before.discarded_at !== undefined) {
    if (after.discarded_at === undefined || after.form || after.acceptance) {
      throw new Violation(`${id} is back after it was discarded`);
    }
    return;
  }
  if (after.discarded_at !== undefined) {
    if (after.form || after.acceptance) {
      throw new Violation(`${id} is discarded, and still holds its form or is accepted`);
    }
    return;
  }
  if (textOf(after) !== textOf(before)) throw new Violation(`${id} holds another form`);
}

/** What an entry becomes is decided once, and an acceptance is through when its message is published. */
function checkAcceptance(
  before: QuarantineEntry | undefined,
  after: QuarantineEntry,
  isPublished: (messageId: string) => boolean,
): void {
  const { quarantine_id: id, acceptance, accepted_at } = after;
  const [was, is] = [before?.acceptance, acceptance].map((one) => one && JSON.stringify(one));
  if (was && is && was !== is) throw new Violation(`${id} has another acceptance`);
  if (before?.accepted_at !== undefined && (accepted_at === undefined || was !== is)) {
    throw new Violation(`${id} is not accepted any more`);
  }
  if (accepted_at === undefined) return;
  if (!acceptance) throw new Violation(`${id} is accepted as nothing`);
  if (!isPublished(acceptance.message_id)) {
    throw new Violation(`${id} is accepted, and ${acceptance.message_id} was not published`);
  }
}

import type { QuarantineEntry } from '../../lib/messages/quarantine.ts';
import { send } from '../archive/abortable.ts';
import { formIn } from '../archive/read-quarantined.ts';
import { digitsIn } from '../shared/number-filter.ts';
import type { Output } from './output.ts';
import type { Stack } from './stack.ts';

/** What may be a number in a text, with the marks that people write into it; and each run of its digits. */
const NUMBERS = [/\+?\d[\d\s()./-]*\d/g, /\+?\d+/g];

/**
 * The quarantine_ids of what is kept of a sender. It reads all that is quarantined.
 *
 * @param names The senders as they were given, for those that are no numbers.
 * @param isSame Whether a number or name is one of the sender's.
 */
export async function findEntriesOf(
  stack: Pick<Stack, 'quarantine'>,
  output: Output,
  names: readonly string[],
  isSame: (from: string) => boolean,
): Promise<string[]> {
  using progress = output.progress('Looking through the quarantine');
  const archive = await stack.quarantine();
  const ids: string[] = [];
  let read = 0;
  const { signal } = output;
  for await (const entry of archive.list({ isDecidedToo: true }, { signal })) {
    progress.update(undefined, `${ids.length} of ${++read}`);
    if (isOf(entry, names, isSame)) ids.push(entry.quarantine_id);
  }
  return ids;
}

/**
 * Both the sender that was sent and the one that an operator has set count. If the sent one could not be read, anything
 * that names the sender counts.
 */
function isOf(
  entry: QuarantineEntry,
  names: readonly string[],
  isSame: (from: string) => boolean,
): boolean {
  const set = entry.acceptance?.set.from;
  if (set !== undefined && isSame(set)) return true;
  if (entry.from !== undefined) return isSame(entry.from);
  return textsOf(entry).some(
    (text) =>
      names.some((name) => digitsIn(name) === undefined && text.includes(name)) ||
      NUMBERS.some((numbers) => text.match(numbers)?.some(isSame)),
  );
}

/** The values of a form; of what is none, all of it. */
function textsOf(entry: QuarantineEntry): string[] {
  const { fields, repeated } = formIn(entry);
  if (fields.size > 0) return [...fields, ...repeated].flat();
  return [Buffer.from(entry.form ?? '').toString('utf8')];
}

/** Deletes entries by their quarantine_ids, each with a call of its own. */
export async function entryEraser(
  stack: Pick<Stack, 'clients' | 'tableName'>,
): Promise<(id: string, signal?: AbortSignal) => Promise<void>> {
  const client = await stack.clients.dynamodb();
  const { DeleteItemCommand } = await import('@aws-sdk/client-dynamodb');
  const { quarantineKeyOf } = await import('../../lib/aws/quarantine-item.ts');
  return async (id, signal) => {
    const Key = { message_id: { S: quarantineKeyOf(id) } };
    await send(client, new DeleteItemCommand({ TableName: stack.tableName, Key }), signal);
  };
}

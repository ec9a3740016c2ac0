import type { QuarantineEntry } from '../../lib/messages/quarantine.ts';
import { send } from '../archive/abortable.ts';
import { formIn } from '../archive/read-quarantined.ts';
import { digitsIn } from '../shared/number-filter.ts';
import type { Output } from './output.ts';
import type { Stack } from './stack.ts';

/** Possible numbers in a text: digits with the marks that people write into numbers, and each run of digits. */
const NUMBERS = [/\+?\d[\d\s()./-]*\d/g, /\+?\d+/g];

/**
 * The quarantine_ids of a sender's entries. It reads the whole quarantine.
 *
 * @param names The given senders. Only names are searched for as text.
 * @param isSame Whether a number or name belongs to the sender.
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
 * The sent sender and the one that an operator has set count. If the sent one could not be read, an entry counts if the
 * sender is anywhere in it.
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

/** The values of the form, or the whole body if it is not a form. */
function textsOf(entry: QuarantineEntry): string[] {
  const { fields, repeated } = formIn(entry);
  if (fields.size > 0) return [...fields, ...repeated].flat();
  return [Buffer.from(entry.form ?? '').toString('utf8')];
}

/** Deletes entries by their quarantine_ids, with one call for each. */
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

/**
 * How large `extra` may be as it is stored: the UTF-8 bytes of its JSON, names included. DynamoDB bills
 * each write by the size of the whole item, and a message is written twice.
 */
export const MAX_EXTRA_BYTES = 4_096;

/** Ends what is cut, and names the entry that says how much is missing. */
const CUT = '[CUT]';

/** `{` and `}`. */
const BRACES = 2;
/** Below it, what is left of a field would say nothing. */
const MIN_ENTRY_BYTES = 32;

type Entry = readonly [name: string, value: string];

interface Fitted {
  /** Has no prototype. */
  readonly extra: Record<string, string>;
  readonly isCut: boolean;
}

/**
 * Makes `extra` of fields, {@link MAX_EXTRA_BYTES} at most. The first ones get their room first. The one
 * that does not fit is cut, those after it are left out, and an entry `[CUT]` says so.
 *
 * @param prepare Called for those fields only that there may be room for.
 */
export function fitExtra(
  entries: readonly Entry[],
  prepare: (entry: Entry) => Entry = (entry) => entry,
): Fitted {
  const prepared: Entry[] = [];
  const at = (index: number): Entry | undefined => {
    const entry = entries[index];
    if (entry) prepared[index] ??= prepare(entry);
    return prepared[index];
  };
  const whole = fill(Object.create(null), at, MAX_EXTRA_BYTES - BRACES);
  if (whole.count === entries.length) return { extra: whole.extra, isCut: false };

  // The entry that says so comes first: it has its room and its name before any field.
  const marked: Record<string, string> = Object.assign(Object.create(null), {
    [CUT]: missing(entries.length),
  });
  const room = MAX_EXTRA_BYTES - Buffer.byteLength(JSON.stringify(marked));
  const { extra, count, left } = fill(marked, at, room);
  const next = at(count);
  const cut = next && cutEntry(next, extra, left);
  if (cut) extra[cut[0]] = cut[1];
  extra[CUT] = missing(entries.length - count - (cut ? 1 : 0));
  return { extra, isCut: true };
}

function missing(fields: number): string {
  return `over ${MAX_EXTRA_BYTES} bytes, fields left out: ${fields}`;
}

/** Adds entries as long as they fit. */
function fill(
  extra: Record<string, string>,
  at: (index: number) => Entry | undefined,
  room: number,
): { extra: Record<string, string>; count: number; left: number } {
  let left = room;
  let comma = Object.keys(extra).length > 0 ? 1 : 0;
  for (let count = 0; ; count++) {
    const entry = at(count);
    if (!entry) return { extra, count, left };
    const name = freeName(entry[0], extra);
    const bytes = comma + jsonBytes(name) + 1 + jsonBytes(entry[1]);
    if (bytes > left) return { extra, count, left };
    extra[name] = entry[1];
    left -= bytes;
    comma = 1;
  }
}

/** Two fields of one name stay two fields. */
function freeName(name: string, extra: Readonly<Record<string, string>>): string {
  let free = name;
  while (free in extra) free += '_';
  return free;
}

function cutEntry(
  [name, value]: Entry,
  extra: Readonly<Record<string, string>>,
  room: number,
): Entry | undefined {
  if (room < MIN_ENTRY_BYTES) return undefined;
  const punctuation = 2;
  const cutName = cutText(freeName(name, extra), room - punctuation - CUT.length - 2);
  if (cutName in extra) return undefined;
  return [cutName, cutText(value, room - punctuation - jsonBytes(cutName))];
}

/** The longest beginning that fits with the mark behind it, cut between characters. */
function cutText(text: string, room: number): string {
  // As JSON, no UTF-16 unit has less than one byte.
  if (text.length + 2 <= room && jsonBytes(text) <= room) return text;
  let left = room - 2 - CUT.length;
  let end = 0;
  for (const char of text) {
    left -= jsonBytes(char) - 2;
    if (left < 0) break;
    end += char.length;
  }
  return text.slice(0, end) + CUT;
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

/**
 * Limit for the stored `extra`, in UTF-8 bytes of its JSON, names included. DynamoDB bills each write by
 * the size of the whole item, and a message is written twice.
 */
export const MAX_EXTRA_BYTES = 4_096;

/** Marks the end of a cut text. Also the name of the entry that says how many fields are left out. */
const CUT = '[CUT]';

/** `{` and `}`. */
const BRACES = 2;
/** A shorter piece of a field would tell nothing. */
const MIN_ENTRY_BYTES = 32;

type Entry = readonly [name: string, value: string];

interface Fitted {
  /** Has no prototype. */
  readonly extra: Record<string, string>;
  readonly isCut: boolean;
}

/**
 * Makes `extra` of fields, {@link MAX_EXTRA_BYTES} at most. The first fields get room first. The first
 * field that does not fit is cut, the later ones are left out, and an entry `[CUT]` says so.
 *
 * @param prepare Called only for fields that may still fit.
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

  // The `[CUT]` entry goes in before any field, so that its room and its name are reserved.
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

/** Adds entries while they fit. */
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

/** Keeps two fields of the same name apart. */
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

/** The longest beginning that fits with the mark behind it. Cuts between characters. */
function cutText(text: string, room: number): string {
  // In JSON, a UTF-16 unit takes at least one byte.
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

import { RequestRefused } from './outcomes.ts';
import { printable } from './redact.ts';

/** The PBX sends 8 fields. More than this is no form of a PBX, and each one costs space. */
export const MAX_FIELDS = 100;

export interface Form {
  readonly fields: ReadonlyMap<string, string>;
  /** Names of fields that were not UTF-8 and were read as windows-1252 instead; not fit for a log. */
  readonly fallbackDecoded: readonly string[];
}

export interface FormOptions {
  /** As the content type declares it, in any case; none means UTF-8. */
  readonly charset?: string | undefined;
  /** How a name from outside is shown in what is thrown. */
  readonly display?: (name: string) => string;
}

/**
 * Decodes `application/x-www-form-urlencoded` as WHATWG defines it, but loses nothing silently:
 * repeated and nameless fields are refused, and bytes that are not UTF-8 are read as windows-1252.
 *
 * @throws {RequestRefused} `invalid`, naming each repeated field; `not-a-form` for a charset that is
 * not supported.
 */
export function decodeForm(
  bytes: Uint8Array,
  { charset = 'utf-8', display = printable }: FormOptions = {},
): Form {
  const decode = decoderOf(charset);
  if (!decode) {
    throw new RequestRefused('not-a-form', `The charset ${display(charset)} is not supported`);
  }
  const fields = new Map<string, string>();
  const repeated = new Set<string>();
  const fallbackDecoded: string[] = [];

  for (const [rawName, rawValue] of splitPairs(bytes)) {
    const name = decode(rawName);
    const value = decode(rawValue);
    if (fields.has(name.text)) repeated.add(name.text);
    fields.set(name.text, value.text);
    if (name.fallback || value.fallback) fallbackDecoded.push(name.text);
  }
  if (repeated.size > 0) {
    const faults = [...repeated].map((name) => ({
      field: display(name),
      reason: 'is there more than once',
    }));
    throw new RequestRefused('invalid', 'The form repeats fields', faults);
  }
  if (fields.has('')) throw new RequestRefused('invalid', 'A field has no name');
  return { fields, fallbackDecoded };
}

/** Names and values as they were sent, one character a byte. */
function splitPairs(bytes: Uint8Array): [name: string, value: string][] {
  const pairs = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .split('&')
    .filter(Boolean);
  if (pairs.length > MAX_FIELDS) {
    throw new RequestRefused(
      'invalid',
      `The form has ${pairs.length} fields; ${MAX_FIELDS} at most`,
    );
  }
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
  });
}

interface Decoded {
  readonly text: string;
  readonly fallback: boolean;
}

function decoderOf(charset: string): ((component: string) => Decoded) | undefined {
  switch (charset.toLowerCase()) {
    case 'utf-8':
    case 'utf8':
    case 'us-ascii':
      return (component) => {
        const text = /^[\x00-\x7f]*$/.test(component) ? decodeAscii(component) : undefined;
        return text === undefined
          ? decodeUtf8(percentDecode(component))
          : { text, fallback: false };
      };
    // WHATWG's encoding standard takes all three for windows-1252.
    case 'iso-8859-1':
    case 'latin1':
    case 'windows-1252':
      return (component) => ({
        text: decodeWindows1252(percentDecode(component)),
        fallback: false,
      });
    default:
      return undefined;
  }
}

/** A component's bytes. A `%` that starts no escape is itself, as in the WHATWG URL standard. */
function percentDecode(component: string): Buffer {
  if (!/[%+]/.test(component)) return Buffer.from(component, 'latin1');
  const bytes = component
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

/** `ignoreBOM` keeps a U+FEFF that a text starts with. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Undoes percent escapes and UTF-8 at once where every escape is one and all of it is UTF-8. */
function decodeAscii(component: string): string | undefined {
  try {
    return decodeURIComponent(component.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function decodeUtf8(bytes: Buffer): Decoded {
  try {
    return { text: utf8.decode(bytes), fallback: false };
  } catch {
    return { text: decodeWindows1252(bytes), fallback: true };
  }
}

/**
 * 0x80 to 0x9F as WHATWG has them; every other byte is its own code point. Not TextDecoder: releases
 * of Node have decoded windows-1252 as latin1, and which release Lambda runs is not ours to choose.
 */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function decodeWindows1252(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (char) => WINDOWS_1252.charAt(char.charCodeAt(0) - 0x80));
}

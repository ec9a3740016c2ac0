import { RequestRefused } from './outcomes.ts';
import { printable } from './redact.ts';

/** The PBX sends 8 fields. More than this is no form of a PBX, and each one costs space. */
export const MAX_FIELDS = 100;

export interface Form {
  readonly fields: ReadonlyMap<string, string>;
  /** Names of fields that were not UTF-8 and were read as windows-1252 instead. */
  readonly fallbackDecoded: readonly string[];
}

/**
 * Decodes `application/x-www-form-urlencoded` as WHATWG defines it, but loses nothing silently:
 * repeated and nameless fields are refused, and bytes that are not UTF-8 are read as windows-1252.
 *
 * @param charset As the content type declares it, lower case; none means UTF-8.
 * @throws {RequestRefused} `invalid`, naming each field; `not-a-form` for a charset that is unknown.
 */
export function decodeForm(bytes: Uint8Array, charset?: string): Form {
  const decode = decoderOf(charset);
  const fields = new Map<string, string>();
  const repeated = new Set<string>();
  const fallbackDecoded: string[] = [];

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
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1));
    if (name.text === '') throw new RequestRefused('invalid', 'A field has no name');
    if (fields.has(name.text)) repeated.add(name.text);
    fields.set(name.text, value.text);
    if (name.fallback || value.fallback) fallbackDecoded.push(name.text);
  }
  if (repeated.size > 0) {
    const faults = [...repeated].map((name) => ({
      field: printable(name),
      reason: 'is there more than once',
    }));
    throw new RequestRefused('invalid', 'The form repeats fields', faults);
  }
  return { fields, fallbackDecoded };
}

interface Decoded {
  readonly text: string;
  readonly fallback: boolean;
}

function decoderOf(charset = 'utf-8'): (component: string) => Decoded {
  switch (charset) {
    case 'utf-8':
    case 'utf8':
    case 'us-ascii':
      return (component) => decodeUtf8(percentDecode(component));
    case 'iso-8859-1':
    case 'latin1':
    case 'windows-1252':
      return (component) => ({
        text: decodeWindows1252(percentDecode(component)),
        fallback: false,
      });
    default:
      throw new RequestRefused('not-a-form', `The charset ${printable(charset)} is not supported`);
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

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

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

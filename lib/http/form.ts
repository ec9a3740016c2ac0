/** A field's name or value with bytes that do not fit its charset. */
export interface InexactField {
  readonly name: string;
  readonly readAs: 'windows-1252' | 'UTF-8 with replacements';
  /** The bytes of a value in hex. Two values may look alike once they are decoded. */
  readonly bytes?: string;
}

export interface Form {
  /** The first value of each name. A name may be empty. */
  readonly fields: ReadonlyMap<string, string>;
  /** More fields with a name that is in `fields`, in the order sent. */
  readonly repeated: readonly (readonly [name: string, value: string])[];
  readonly inexact: readonly InexactField[];
  /** Whether the charset is known. An unknown one is read as UTF-8. */
  readonly isCharsetKnown: boolean;
}

/**
 * Decodes `application/x-www-form-urlencoded` as WHATWG defines it, but loses nothing silently. It keeps
 * every field, and turns bytes that are not UTF-8 into readable text.
 *
 * @param charset As the content type declares it, in any case.
 */
export function decodeForm(bytes: Uint8Array, charset = 'utf-8'): Form {
  const decode = decoderOf(charset);
  const decodeComponent = decode ?? decodeAsUtf8;
  const fields = new Map<string, string>();
  const repeated: [string, string][] = [];
  const inexact: InexactField[] = [];

  for (const [rawName, rawValue] of splitPairs(bytes)) {
    const { text: name, readAs: nameReadAs } = decodeComponent(rawName);
    const { text: value, readAs: valueReadAs } = decodeComponent(rawValue);
    if (fields.has(name)) repeated.push([name, value]);
    else fields.set(name, value);
    if (nameReadAs) inexact.push({ name, readAs: nameReadAs });
    if (valueReadAs) {
      inexact.push({ name, readAs: valueReadAs, bytes: percentDecode(rawValue).toString('hex') });
    }
  }
  return { fields, repeated, inexact, isCharsetKnown: decode !== undefined };
}

/** Names and values as they were sent. Each character is one byte. */
function splitPairs(bytes: Uint8Array): [name: string, value: string][] {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    });
}

interface Decoded {
  readonly text: string;
  /** The encoding it was read as, if that is not the declared one. */
  readonly readAs?: InexactField['readAs'];
}

function decoderOf(charset: string): ((component: string) => Decoded) | undefined {
  switch (charset.toLowerCase()) {
    case 'utf-8':
    case 'utf8':
    case 'us-ascii':
      return decodeAsUtf8;
    // WHATWG's encoding standard reads all three as windows-1252.
    case 'iso-8859-1':
    case 'latin1':
    case 'windows-1252':
      return (component) => ({ text: decodeWindows1252(percentDecode(component)) });
    default:
      return undefined;
  }
}

function decodeAsUtf8(component: string): Decoded {
  const text = /^[\x00-\x7f]*$/.test(component) ? decodeAscii(component) : undefined;
  return text === undefined ? decodeUtf8(percentDecode(component)) : { text };
}

/** A component's bytes. A `%` that starts no escape stays, as in the WHATWG URL standard. */
function percentDecode(component: string): Buffer {
  return Buffer.from(unescapeBytes(component), 'latin1');
}

/** Like {@link percentDecode}, but each character stands for a byte, in and out. */
export function unescapeBytes(component: string): string {
  if (!/[%+]/.test(component)) return component;
  return component
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** `ignoreBOM` keeps a U+FEFF at the start of a text. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const forgivingUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Undoes percent escapes and UTF-8 in one call. Undefined if an escape or the UTF-8 is broken. */
function decodeAscii(component: string): string | undefined {
  try {
    return decodeURIComponent(component.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function decodeUtf8(bytes: Buffer): Decoded {
  try {
    return { text: utf8.decode(bytes) };
  } catch {
    const text = decodeBrokenUtf8(bytes);
    return text === undefined
      ? { text: decodeWindows1252(bytes), readAs: 'windows-1252' }
      : { text, readAs: 'UTF-8 with replacements' };
  }
}

/**
 * The beginning of an emoji, a dash, a quotation mark or a currency sign that was cut off at the end. As
 * windows-1252 it would read `ðŸ` or `â€`, which is hardly meant. The beginning of a letter is not here: it
 * may be the end of a windows-1252 word, such as `é…`.
 */
const CUT_EMOJI_OR_SIGN = /(?:\xf0[\x90-\xbf][\x80-\xbf]?|\xe2[\x80-\xbf])$/;

/**
 * The text, with U+FFFD for broken bytes, if it is UTF-8 rather than windows-1252. That is so if it has at
 * least one character of several bytes, and no more faults than such characters. Letters of windows-1252
 * form such a character only by chance. A character that is cut off at the end is no fault.
 */
function decodeBrokenUtf8(bytes: Buffer): string | undefined {
  const text = forgivingUtf8.decode(bytes, { stream: true });
  const end = forgivingUtf8.decode();
  const faults = text.split('\uFFFD').length - 1;
  const characters = text.match(/[^\x00-\x7f\uFFFD]/gu)?.length ?? 0;
  const cut = end && CUT_EMOJI_OR_SIGN.test(bytes.toString('latin1')) ? 1 : 0;
  return characters + cut > 0 && characters + cut >= faults ? text + end : undefined;
}

/**
 * WHATWG's characters for 0x80 to 0x9F. Every other byte is its own code point. TextDecoder would not do:
 * some releases of Node decode windows-1252 as latin1, and Lambda chooses the release.
 */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function decodeWindows1252(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (char) => WINDOWS_1252.charAt(char.charCodeAt(0) - 0x80));
}

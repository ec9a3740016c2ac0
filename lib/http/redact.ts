import { HashedTokens, MIN_TOKEN_LENGTH, REDACTED } from './find-tokens.ts';
import type { TokenHash } from './tokens.ts';

/** Characters of a name from outside that an answer or a log line shows. */
const MAX_PRINTED = 64;

/** A text escaped twice needs two rounds; the bound keeps `%25%32%35…` linear. */
const UNESCAPE_ROUNDS = 3;

/** Takes the tokens of the webhook's URL out of what one request holds. */
export interface Redactor {
  /**
   * The PBX's echo of the webhook URL without its secret: the path segment after `/sms/`, whatever it
   * is, and every token elsewhere. If an escaped spelling of either is left, nothing of the value is
   * kept.
   */
  url(url: string): string;
  /**
   * Any other text of the form, a field's name as well, without a token. A short token, which only the
   * local stack takes, is an ordinary word (`test`) and counts only behind `/sms/`.
   */
  text(text: string): string;
}

/**
 * @param token The one that the request came with.
 * @param others Every other one that is valid.
 */
export function redactorOf(token: string, others: readonly TokenHash[] = []): Redactor {
  const prefix = token.length < MIN_TOKEN_LENGTH ? '/sms/' : '';
  const hashed = new HashedTokens(others);
  const redactText = (text: string) =>
    hashed.redact(text.replaceAll(`${prefix}${token}`, `${prefix}${REDACTED}`));
  const redactUrl = (url: string) =>
    hashed.redact(url.replace(/(\/sms\/)[^/?#\s]+/gi, `$1${REDACTED}`).replaceAll(token, REDACTED));
  return {
    url: (url) => redactAllSpellings(url, redactUrl, REDACTED),
    text: (text) => redactAllSpellings(text, redactText),
  };
}

/**
 * Redacts the text as it stands; whole, if undoing its percent escapes brings out more to redact.
 *
 * @param ifUnknown What to make of a text that has more rounds of escapes than are undone.
 */
function redactAllSpellings(
  text: string,
  redact: (spelling: string) => string,
  ifUnknown?: string,
): string {
  const redacted = redact(text);
  let spelling = redacted;
  for (let round = 0; spelling.includes('%'); round++) {
    const unescaped = unescapeAscii(spelling);
    if (unescaped === spelling) break;
    if (round === UNESCAPE_ROUNDS) return ifUnknown ?? redacted;
    spelling = unescaped;
    if (redact(spelling) !== spelling) return REDACTED;
  }
  return redacted;
}

/** Byte by byte, which is enough: a token and `/sms/` are ASCII. Never throws, unlike decodeURI. */
function unescapeAscii(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/**
 * A name from outside made fit for an answer or a log line: printable ASCII, anything else as
 * `\uXXXX`, no escape cut in half.
 *
 * @param max Characters.
 */
export function printable(name: string, max = MAX_PRINTED): string {
  let printed = '';
  for (const unit of name.slice(0, max).split('')) {
    const next = /[\x20-\x7e]/.test(unit) ? unit : escapeUnit(unit);
    if (printed.length + next.length > max) break;
    printed += next;
  }
  return printed;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

import { HashedTokens, MIN_TOKEN_LENGTH, REDACTED } from './find-tokens.ts';
import type { TokenHash } from './tokens.ts';

/** Characters of a name from outside that an answer or a log line shows. */
const MAX_PRINTED = 64;

/** A text that is escaped twice needs two rounds. The limit keeps `%25%32%35…` linear. */
const UNESCAPE_ROUNDS = 3;

/** Takes the tokens of the webhook's URL out of a request's texts. */
export interface Redactor {
  /**
   * Redacts the PBX's echo of the webhook URL: the path segment after `/sms/`, and every token elsewhere.
   * If an escaped spelling of either remains, the whole value is redacted.
   */
  url(url: string): string;
  /**
   * Redacts the tokens in any other text of the form, such as a field's name. A short token, which only the
   * local stack has, is an ordinary word (`test`), so it counts only behind `/sms/`.
   */
  text(text: string): string;
}

/**
 * @param token The token of the request.
 * @param others The other valid tokens.
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
 * Redacts the text. If undoing its percent escapes shows more to redact, all of it is redacted.
 *
 * @param ifUnknown The result for a text with more rounds of escapes than are undone.
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

/** Works byte by byte, which suffices: a token and `/sms/` are ASCII. Never throws, unlike decodeURI. */
function unescapeAscii(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/**
 * Makes a name from outside safe for an answer or a log line: printable ASCII, and `\uXXXX` for anything
 * else. It cuts no escape in half.
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

/** 128 bits in base64url: what a deploy asks of a token. Only the local stack has shorter ones. */
export const MIN_TOKEN_LENGTH = 22;

export const REDACTED = 'REDACTED';

/** Characters of a name from outside that an answer or a log line shows. */
const MAX_PRINTED = 64;

/** A text escaped twice needs two rounds; the bound keeps `%252525…` linear. */
const UNESCAPE_ROUNDS = 3;

/**
 * The PBX's echo of the webhook URL without its secret: the path segment after `/sms/`, whichever
 * token it is, and every other occurrence of `token`. If an escaped spelling of either is left,
 * nothing of the value is kept.
 */
export function redactWebhookUrl(url: string, token: string): string {
  return redactAllSpellings(url, (text) =>
    text.replace(/(\/sms\/)[^/?#\s]+/gi, `$1${REDACTED}`).replaceAll(token, REDACTED),
  );
}

/**
 * Any other text of the form, a field's name as well, without the token. A short token, which only
 * the local stack takes, is an ordinary word (`test`) and counts only behind `/sms/`.
 */
export function redactToken(text: string, token: string): string {
  const prefix = token.length < MIN_TOKEN_LENGTH ? '/sms/' : '';
  return redactAllSpellings(text, (spelling) =>
    spelling.replaceAll(`${prefix}${token}`, `${prefix}${REDACTED}`),
  );
}

/** Redacts the text as it stands; whole, if undoing its percent escapes brings out more to redact. */
function redactAllSpellings(text: string, redact: (spelling: string) => string): string {
  const redacted = redact(text);
  let spelling = redacted;
  for (let round = 0; round < UNESCAPE_ROUNDS && spelling.includes('%'); round++) {
    spelling = unescapeAscii(spelling);
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
 * `\uXXXX`, 64 characters at most, no escape cut in half.
 */
export function printable(name: string): string {
  let printed = '';
  for (const unit of name.slice(0, MAX_PRINTED).split('')) {
    const next = /[\x20-\x7e]/.test(unit) ? unit : escapeUnit(unit);
    if (printed.length + next.length > MAX_PRINTED) break;
    printed += next;
  }
  return printed;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

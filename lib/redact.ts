/** 128 bits in base64url: what a deploy asks of a token. Only the local stack has shorter ones. */
export const MIN_TOKEN_LENGTH = 22;

export const REDACTED = 'REDACTED';

/**
 * The PBX's echo of the webhook URL without its secret: the path segment after `/sms/`, whichever
 * token it is, and every other occurrence of `token`. If an escaped spelling of it is left, nothing
 * of the value is kept.
 */
export function redactWebhookUrl(url: string, token: string): string {
  const redacted = url.replace(/(\/sms\/)[^/?#\s]+/gi, `$1${REDACTED}`).replaceAll(token, REDACTED);
  return hides(redacted, token) ? REDACTED : redacted;
}

/**
 * Any other text of the form without the token. A short token, which only the local stack takes, is
 * an ordinary word (`test`) and counts only behind `/sms/`.
 */
export function redactToken(text: string, token: string): string {
  const secret = token.length < MIN_TOKEN_LENGTH ? `/sms/${token}` : token;
  const replacement = token.length < MIN_TOKEN_LENGTH ? `/sms/${REDACTED}` : REDACTED;
  const redacted = text.replaceAll(secret, replacement);
  return hides(redacted, secret) ? REDACTED : redacted;
}

/** Whether the secret shows once the text's percent escapes are undone, be they doubled. */
function hides(text: string, secret: string): boolean {
  let decoded = text;
  for (let round = 0; round < 3 && decoded.includes('%'); round++) {
    decoded = decoded.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded.includes(secret)) return true;
  }
  return false;
}

/** A name from outside made fit for an answer or a log line: visible ASCII, 64 characters at most. */
export function printable(name: string): string {
  const escaped = name
    .slice(0, 64)
    .replace(/[^\x21-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return escaped.length > 64 ? `${escaped.slice(0, 63)}…` : escaped;
}

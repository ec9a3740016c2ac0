/** Replaces a secret. */
export const MASK = '********';

/** A character of `/sms/`, literal or percent-encoded, also several times: `%2F`, `%252f`. */
const escaped = (/** @type {string} */ literal, /** @type {string} */ hex) =>
  `(?:${literal}|%(?:25)*(?:${hex}))`;
const SLASHES = `${escaped('[/\\\\]', '2f|5c')}+`;
const SMS = escaped('s', '53|73') + escaped('m', '4d|6d') + escaped('s', '53|73');
const BEHIND_SMS = new RegExp(`(${SLASHES}${SMS}${SLASHES})[^\\s"'<>\`]+`, 'gi');

/**
 * Masks in a text everything that follows `/sms/`: a webhook URL's token and the rest of the URL.
 *
 * @param {string} text
 * @returns {string}
 */
export function maskTokens(text) {
  return text.replace(BEHIND_SMS, `$1${MASK}`);
}

/**
 * A webhook URL that may be shown: without its token, query, fragment and credentials. In a URL without
 * `/sms/`, any part of the path may be the secret.
 *
 * @param {string} url
 * @returns {string}
 */
export function maskUrl(url) {
  if (!URL.canParse(url)) return MASK;
  const { origin, pathname } = new URL(url);
  if (pathname.search(BEHIND_SMS) >= 0) return origin + maskTokens(pathname);
  return pathname === '/' ? `${origin}/` : `${origin}/${MASK}`;
}

import { createHash } from 'node:crypto';

/** 128 bits in base64url: a URL that nobody guesses. */
export const MIN_TOKEN_LENGTH = 22;

/** Lambda's environment holds 4 KB, and each token takes 65 bytes of it. Two are enough to change one. */
export const MAX_TOKENS = 10;

const HOW_TO_MAKE_ONE =
  'Make one with `npm run token` and set WEBHOOK_TOKENS to it, in the environment or in .env. Several, separated by commas, are valid at once.';

/**
 * SHA-256 (hex) of each token, comma separated: what the function compares with.
 *
 * @param {string | undefined} tokens The value of WEBHOOK_TOKENS: one token or several, comma separated.
 * @param {{ minLength?: number }} [options]
 * @returns {string}
 * @throws {Error} Says what is wrong with the tokens and how to make one. It never holds a token.
 */
export function tokenHashes(tokens, { minLength = MIN_TOKEN_LENGTH } = {}) {
  const list = listOf(tokens);
  if (list.length === 0) throw new Error(`WEBHOOK_TOKENS is not set. ${HOW_TO_MAKE_ONE}`);
  for (const [index, token] of list.entries()) {
    const which = list.length > 1 ? `Token ${index + 1} in WEBHOOK_TOKENS` : 'WEBHOOK_TOKENS';
    if (!/^[A-Za-z0-9._~-]+$/.test(token)) {
      throw new Error(
        `${which} may hold only letters, digits and . _ ~ - because it is a part of a URL. ${HOW_TO_MAKE_ONE}`,
      );
    }
    if (token.length < minLength) {
      throw new Error(
        `${which} has ${token.length} characters; at least ${minLength} are needed, because the URL is all that keeps strangers out. ${HOW_TO_MAKE_ONE}`,
      );
    }
  }
  if (list.length > MAX_TOKENS) {
    throw new Error(`WEBHOOK_TOKENS has ${list.length} tokens; ${MAX_TOKENS} at most`);
  }
  if (new Set(list).size < list.length) {
    throw new Error(`WEBHOOK_TOKENS names the same token twice. ${HOW_TO_MAKE_ONE}`);
  }
  return list.map((token) => createHash('sha256').update(token).digest('hex')).join(',');
}

/**
 * The token of the URL to paste: the last one, since those before it are on their way out.
 *
 * @param {string | undefined} tokens The value of WEBHOOK_TOKENS.
 * @returns {string | undefined}
 */
export function currentToken(tokens) {
  return listOf(tokens).at(-1);
}

/** @param {string | undefined} tokens */
function listOf(tokens) {
  return (tokens ?? '')
    .split(',')
    .map((token) => token.trim())
    .filter(Boolean);
}

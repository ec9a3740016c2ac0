import { hashOf } from './stored-tokens.js';

/** 128 bits in base64url, so that nobody guesses the URL. */
export const MIN_TOKEN_LENGTH = 22;

/**
 * Lambda's environment holds 4 KB, and each token takes up to 69 bytes of it. Changing a token needs only
 * two.
 */
export const MAX_TOKENS = 10;

/** A variable of the deploying user, the noun for one of its values, and the reasons for the rules. */
const TOKENS = {
  name: 'WEBHOOK_TOKENS',
  noun: 'token',
  whyCharacters: 'it is a part of a URL',
  whyLong: 'the URL is all that keeps strangers out',
};

/** @type {typeof TOKENS} */
const EDGE = {
  name: 'EDGE_SECRETS',
  noun: 'secret',
  whyCharacters: 'it is the value of a header',
  whyLong: 'it is all that tells the edge from a stranger',
};

/**
 * SHA-256 (hex) of each token, comma separated.
 *
 * @param {string | undefined} tokens The value of WEBHOOK_TOKENS: one token or several, comma separated.
 * @param {{ minLength?: number }} [options]
 * @returns {string}
 * @throws {Error} Says what is wrong with the tokens and how to make one. It never holds a token.
 */
export function tokenHashes(tokens, options) {
  if (tokensIn(tokens).length === 0) {
    throw new Error(`WEBHOOK_TOKENS is not set. ${howToMakeOne(TOKENS)}`);
  }
  return hashesOf(TOKENS, tokens, options);
}

/**
 * @param {readonly string[]} tokens The tokens of a parameter.
 * @param {string} source Its name.
 * @throws {Error} If one breaks the rules. It never holds a token.
 */
export function checkTokens(tokens, source) {
  const how =
    'Each line of the parameter is one token. Fix it in AWS, or delete it and store the tokens with `bin/inbound-sms token new --import`.';
  hashesOf(TOKENS, tokens, { source, how });
}

/**
 * SHA-256 (hex) of each secret of the edge, comma separated; empty if there is no edge.
 *
 * @param {{ secrets?: string | undefined, tokens?: string | undefined }} variables The values of EDGE_SECRETS
 * and of WEBHOOK_TOKENS.
 * @param {{ minLength?: number }} [options]
 * @returns {string}
 * @throws {Error} Says what is wrong with the secrets and how to make one. It never holds a secret.
 */
export function edgeSecretHashes({ secrets, tokens }, options) {
  const known = new Set(tokensIn(tokens));
  if (tokensIn(secrets).some((secret) => known.has(secret))) {
    throw new Error(
      `EDGE_SECRETS has a value of WEBHOOK_TOKENS, which the PBX knows. ${howToMakeOne(EDGE)}`,
    );
  }
  return hashesOf(EDGE, secrets, options);
}

/**
 * The length of each secret in characters, comma separated. The function needs it to find the secret in
 * texts.
 *
 * @param {string | undefined} secrets The value of WEBHOOK_TOKENS or of EDGE_SECRETS.
 */
export function secretLengths(secrets) {
  return tokensIn(secrets)
    .map(({ length }) => length)
    .join(',');
}

/**
 * The token of the URL to paste. It is the last one; earlier ones are being replaced.
 *
 * @param {string | undefined} tokens The value of WEBHOOK_TOKENS.
 */
export function currentToken(tokens) {
  return tokensIn(tokens).at(-1);
}

/**
 * @param {string} token
 * @param {Record<string, unknown>} variables The environment of the deployed webhook.
 * @returns {boolean} Whether the webhook accepts this token.
 */
export function isInForce(token, { WEBHOOK_TOKEN_HASHES: hashes }) {
  return tokensIn(String(hashes ?? '')).includes(hashOf(token));
}

/**
 * @param {typeof TOKENS} variable
 * @param {string | readonly string[] | undefined} value
 * @param {{ minLength?: number, source?: string, how?: string }} [options] `source`: the source of the
 * values. `how`: how to fix them.
 */
function hashesOf(
  variable,
  value,
  { minLength = MIN_TOKEN_LENGTH, source: name = variable.name, how = howToMakeOne(variable) } = {},
) {
  const { noun, whyCharacters, whyLong } = variable;
  const list = typeof value === 'object' ? value : tokensIn(value);
  for (const [index, secret] of list.entries()) {
    const ordinal = `${noun.charAt(0).toUpperCase()}${noun.slice(1)} ${index + 1}`;
    const which = list.length > 1 ? `${ordinal} in ${name}` : name;
    if (!/^[A-Za-z0-9._~-]+$/.test(secret)) {
      throw new Error(
        `${which} may hold only letters, digits and . _ ~ - because ${whyCharacters}. ${how}`,
      );
    }
    if (secret.length < minLength) {
      throw new Error(
        `${which} has ${secret.length} characters, and at least ${minLength} are needed, because ${whyLong}. ${how}`,
      );
    }
  }
  if (list.length > MAX_TOKENS) {
    throw new Error(`${name} has ${list.length} ${noun}s, and at most ${MAX_TOKENS} are allowed`);
  }
  if (new Set(list).size < list.length) {
    throw new Error(`${name} names the same ${noun} twice. ${how}`);
  }
  return list.map(hashOf).join(',');
}

/** @param {typeof TOKENS} variable */
const howToMakeOne = ({ name }) =>
  `Make one with \`bin/inbound-sms token\` and set ${name} to it, in the environment or in .env. Several, separated by commas, are valid at once.`;

/**
 * All secrets, without the blanks around them.
 *
 * @param {string} [secrets] The value of WEBHOOK_TOKENS or of EDGE_SECRETS.
 */
export function tokensIn(secrets = '') {
  const list = secrets.split(',').map((secret) => secret.trim());
  return list.filter(Boolean);
}

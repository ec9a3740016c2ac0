import { createHash } from 'node:crypto';

/**
 * The tokens that a team shares for a stage: one SecureString in the Parameter Store of AWS Systems
 * Manager. A line is a token and, if known, when it was made (ISO 8601). The last token is the current one.
 * A line before them names the version that this one was made from:
 * docs/decisions/0060-tokens-that-a-team-shares.md.
 */

/**
 * A token of a parameter. `madeAt`: epoch ms.
 *
 * @typedef {{ readonly token: string, readonly madeAt?: number | undefined }} StoredToken
 */

/**
 * One version of the parameter. AWS counts versions from 1, adds one with each write, and keeps the last
 * 100. `after`: the version that this one was made from; absent if a person wrote it by hand.
 *
 * @typedef {object} StoredVersion
 * @property {number} version
 * @property {readonly StoredToken[]} tokens
 * @property {number | undefined} [after]
 */

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
export const MAX_PARAMETER_BYTES = 4_096;

const AFTER = /^# after version (\d+)$/;

/**
 * The parameter's name. It is not below `/SERVICE/STAGE/`, where subscribers' secrets are, so that a policy
 * can allow those without the tokens.
 *
 * @param {string} service
 * @param {string} stage
 */
export const tokensParameter = (service, stage) => `/${service}-webhook/${stage}/tokens`;

/**
 * @param {string | undefined} value The value of the parameter.
 * @returns {Pick<StoredVersion, 'tokens' | 'after'>}
 */
export function parseStoredTokens(value = '') {
  const lines = value.split('\n').map((line) => line.trim());
  const [, after] = lines.map((line) => AFTER.exec(line)).find(Boolean) ?? [];
  const tokens = lines.flatMap((line) => {
    if (line === '' || line.startsWith('#')) return [];
    const [token = '', made = ''] = line.split(/\s+/);
    const madeAt = Date.parse(made);
    return [Number.isNaN(madeAt) ? { token } : { token, madeAt }];
  });
  return { tokens, ...(after !== undefined && { after: Number(after) }) };
}

/**
 * @param {readonly StoredToken[]} tokens
 * @param {number} [after]
 * @returns {string} The value of the parameter.
 */
export const formatStoredTokens = (tokens, after) =>
  [
    ...(after === undefined ? [] : [`# after version ${after}`]),
    ...tokens.map(({ token, madeAt }) =>
      madeAt === undefined ? token : `${token} ${new Date(madeAt).toISOString()}`,
    ),
  ].join('\n');

/**
 * Reads the stored tokens with all changes. AWS has no conditional write. If two people write at the same
 * time, the newer version lacks the older one's change until its writer notices. The line before the tokens
 * shows this.
 *
 * @param {(version?: number) => Promise<StoredVersion | undefined>} read Reads a version, or the newest.
 * Undefined if there is none.
 * @param {number} [version] The newest by default.
 * @returns {Promise<StoredVersion | undefined>}
 */
export async function readWithAllChanges(read, version) {
  const found = await read(version);
  return found && withAllChanges(found, read, new Map());
}

/**
 * @param {StoredVersion} found
 * @param {(version: number) => Promise<StoredVersion | undefined>} read
 * @param {Map<number, StoredVersion | undefined>} known Versions that have all changes.
 * @returns {Promise<StoredVersion>}
 */
async function withAllChanges(found, read, known) {
  const { after, version } = found;
  if (after === undefined || after >= version - 1) return found;
  const earlier = async (/** @type {number} */ wanted) => {
    if (!known.has(wanted)) {
      const one = await read(wanted);
      known.set(wanted, one && (await withAllChanges(one, read, known)));
    }
    return known.get(wanted);
  };
  const base = await earlier(after);
  const hidden = await earlier(version - 1);
  // AWS has deleted such old versions.
  if (!base || !hidden) return found;
  return { ...found, tokens: merge(base.tokens, hidden.tokens, found.tokens) };
}

/**
 * Merges two changes of the same tokens.
 *
 * @param {readonly StoredToken[]} base
 * @param {readonly StoredToken[]} theirs
 * @param {readonly StoredToken[]} mine
 * @returns {StoredToken[]}
 */
export function merge(base, theirs, mine) {
  const has = (/** @type {readonly StoredToken[]} */ tokens, /** @type {StoredToken} */ wanted) =>
    tokens.some(({ token }) => token === wanted.token);
  const kept = theirs.filter((each) => has(mine, each) || !has(base, each));
  const added = mine.filter((each) => !has(base, each) && !has(theirs, each));
  // A token that was added before the others stays before them, because the last one is the current one.
  const firstOld = mine.findIndex((each) => has(base, each));
  const isFirst = (/** @type {StoredToken} */ each) => mine.indexOf(each) < firstOld;
  return [...added.filter(isFirst), ...kept, ...added.filter((each) => !isFirst(each))];
}

/** Whether the parameter, or this version of it, does not exist. @param {unknown} error */
export const isNotThere = (error) =>
  error instanceof Error && /^Parameter(Version)?NotFound$/.test(error.name);

/** @param {readonly StoredToken[]} tokens @returns {string} The form of WEBHOOK_TOKENS. */
export const asVariable = (tokens) => tokens.map(({ token }) => token).join(',');

/**
 * A token's name for people and in the webhook's log: lib/http/tokens.ts.
 *
 * @param {string} hash Its SHA-256 in hex.
 */
export const fingerprintOf = (hash) => hash.slice(0, 8);

/** @param {string} token @returns {string} SHA-256 in hex. */
export const hashOf = (token) => createHash('sha256').update(token).digest('hex');

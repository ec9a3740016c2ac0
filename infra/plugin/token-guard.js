/** The variables of the webhook that hold hashes, and the ones that the user sets for them. */
const VARIABLES = {
  WEBHOOK_TOKEN_HASHES: {
    source: 'WEBHOOK_TOKENS',
    noun: 'token',
    harm: 'The URL in the PBX portal would be answered 404, and messages would be lost',
    keep: 'If you have the token of that URL, keep it beside the new one: WEBHOOK_TOKENS=OLD,NEW. If not, it is the last part of the URL in the portal, and a colleague or your pipeline may have it',
    change:
      'To go back all the same, have the URL with a token of that time at hand and paste it right after',
  },
  EDGE_SECRET_HASHES: {
    source: 'EDGE_SECRETS',
    noun: 'secret',
    harm: 'What the edge sends would be answered 404, and messages would be lost',
    keep: 'Keep the one that the edge has beside the new one: EDGE_SECRETS=OLD,NEW',
    change: 'To go back all the same, update the edge with a secret of that time right after',
  },
};

/** The option of the commands that may replace them all. */
export const REPLACE_OPTION = 'replace-tokens';

/**
 * @typedef {Record<string, unknown>} Variables The environment of the webhook's function.
 */

/**
 * Compares hashes: the secrets themselves are on no machine but those of the user and the PBX.
 *
 * @param {Variables} inForce
 * @param {Variables} next What a deploy or a rollback would make of it.
 * @param {'deploy' | 'rollback'} what
 * @throws {Error} If none of the tokens in force would stay. It says what to do.
 */
export function refuseToDropTokens(inForce, next, what) {
  const isDeploy = what === 'deploy';
  for (const [variable, { source, noun, harm, keep, change }] of Object.entries(VARIABLES)) {
    const [old, coming] = [inForce[variable], next[variable]].map(hashesIn);
    // Without any before there is nothing to lose, and without any after the edge is gone on purpose.
    if (old.length === 0 || coming.length === 0) continue;
    if (old.some((hash) => coming.includes(hash))) continue;
    throw new Error(
      [
        `This ${what} would drop every ${noun} that is in force: ${
          isDeploy ? `none of them is in ${source}` : `that deployment has others`
        }.`,
        `${harm}.`,
        `${isDeploy ? keep : change}.`,
        `To replace them, add --${REPLACE_OPTION}. See docs/deploy.md#keep-the-token-safe.`,
      ].join('\n'),
    );
  }
}

/** @param {unknown} value */
function hashesIn(value) {
  return String(value ?? '')
    .split(',')
    .filter(Boolean);
}

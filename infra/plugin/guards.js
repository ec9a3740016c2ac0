import { existsSync } from 'node:fs';
import { outputsOfStack, templateOfDeployment, variablesIn, variablesInForce } from './deployed.js';
import { PARAMETERS } from './parameters.js';
import { SETTINGS_FILE } from './settings.js';
import { guardSubscribers, REMOVE_OPTION } from './subscriber-guard.js';

/**
 * @import { Serverless, Template } from '../types.d.ts'
 * @import { Variables } from './deployed.js'
 */

/** The key in serverless.yml of the function that knows the tokens. */
const WEBHOOK = 'receiveSms';

/** The option that lets a command drop the newest token in force. */
const REPLACE_OPTION = 'replace-tokens';

/** The option of a deploy that may set settings back to their defaults. */
const WITHOUT_OPTION = 'without-settings';

const replace = {
  [REPLACE_OPTION]: { usage: 'Allow to drop the newest token in force', type: 'boolean' },
};
const without = {
  [WITHOUT_OPTION]: { usage: 'Deploy the defaults, without settings.yml', type: 'boolean' },
};

const remove = {
  [REMOVE_OPTION]: {
    usage: 'Remove these subscribers, separated by commas, and the messages in their queues',
    type: 'string',
  },
};

/** Options and commands that this plugin adds to serverless. */
export const GUARDED_COMMANDS = {
  deploy: {
    lifecycleEvents: [],
    options: { ...replace, ...without, ...remove },
    commands: { function: { lifecycleEvents: [], options: replace } },
  },
  rollback: { lifecycleEvents: [], options: { ...replace, ...remove } },
};

/**
 * The deployed webhook's current variables.
 *
 * @param {Serverless} serverless
 */
export const inForce = (serverless) =>
  variablesInForce(serverless.getProvider('aws'), serverless.service.getFunction(WEBHOOK).name);

/**
 * Stops a deploy that would cut off the PBX, delete a subscriber's queue, or drop settings that only
 * another machine has, such as a colleague's. It compares the deploy with what is in force.
 *
 * @param {Serverless} serverless
 * @param {string} source The source of its tokens: WEBHOOK_TOKENS, or a parameter.
 * @returns {Promise<string[]>} What to say about removed subscribers after the deploy.
 */
export async function guardDeploy(serverless, source) {
  const template = serverless.service.provider.compiledCloudFormationTemplate;
  const isPackaged = serverless.processedInput.options.package !== undefined;
  const change = { what: /** @type {const} */ ('deploy'), source, isPackaged };
  await guardTokens(serverless, change, async () => variablesIn(template));
  const removed = await guardSubscribers(serverless, 'deploy', template);
  await guardSettings(serverless, template);
  return removed;
}

/** @param {Serverless} serverless @param {Template} template */
async function guardSettings(serverless, template) {
  if (existsSync(SETTINGS_FILE) || serverless.processedInput.options[WITHOUT_OPTION]) return;
  const variables = await inForce(serverless);
  if (Object.keys(variables).length === 0) return;
  const outputs = await outputsOfStack(serverless.getProvider('aws'));
  refuseToDropSettings(keptByStack(variables, outputs), keptByTemplate(template));
}

/** Stops a `deploy function` that would cut off the PBX. @param {Serverless} serverless @param {string} source */
export async function guardDeployFunction(serverless, source) {
  if (serverless.processedInput.options.function !== WEBHOOK) return;
  const { environment } = serverless.service.getFunction(WEBHOOK);
  await guardTokens(serverless, { what: 'deploy', source }, async () => environment);
}

/**
 * Stops a rollback that would cut off the PBX, or delete a subscriber's queue.
 *
 * @param {Serverless} serverless
 * @returns {Promise<string[]>} What to say about removed subscribers after it.
 */
export async function guardRollback(serverless) {
  const { service, processedInput } = serverless;
  const { timestamp } = processedInput.options;
  if (!timestamp) return [];
  const provider = serverless.getProvider('aws');
  const template = await templateOfDeployment(provider, service.service, timestamp);
  if (!template) return [];
  await guardTokens(serverless, { what: 'rollback' }, async () => variablesIn(template));
  return guardSubscribers(serverless, 'rollback', template);
}

/**
 * A command that changes tokens, and the source of the new ones. `isPackaged`: the package was made
 * earlier.
 *
 * @typedef {{ what: 'deploy' | 'rollback', source?: string, isPackaged?: boolean }} Change
 */

/**
 * @param {Serverless} serverless
 * @param {Change} change
 * @param {() => Promise<Variables>} readNext
 */
async function guardTokens(serverless, change, readNext) {
  if (serverless.processedInput.options[REPLACE_OPTION]) return;
  const next = await readNext();
  if (Object.keys(next).length > 0) refuseToDropTokens(await inForce(serverless), next, change);
}

/** People and places that may have the newest token in force. */
const HOLDERS =
  'If its URL was pasted, it is the last part of the URL in the portal. Otherwise look in the parameter (`bin/inbound-sms token show`), in a `.env` or in your pipeline, or ask a colleague';

/**
 * The webhook's variables that hold hashes, and the variables that the user sets for them. `keepOld` says
 * how to keep the secret in force if the change brings a newer one, `keepNew` if it brings only older ones.
 */
const SECRETS = {
  WEBHOOK_TOKEN_HASHES: {
    source: 'WEBHOOK_TOKENS',
    noun: 'token',
    harm: 'The URL in the PBX portal may then be answered 404, and messages may be lost',
    keepOld: `Keep that token before the new one: WEBHOOK_TOKENS=OLD,NEW. ${HOLDERS}`,
    keepNew: `Add that token behind the older ones: WEBHOOK_TOKENS=OLD,NEW. ${HOLDERS}`,
    goBack:
      'To go back all the same, have the URL with a token of that deployment at hand and paste it right after',
    goBackFirst:
      'To go back all the same, first paste the URL with a token that is both in force and in that deployment',
  },
  EDGE_SECRET_HASHES: {
    source: 'EDGE_SECRETS',
    noun: 'secret',
    harm: 'What the edge sends may then be answered 404, and messages may be lost',
    keepOld: 'Keep the one that the edge has before the new one: EDGE_SECRETS=OLD,NEW',
    keepNew: 'Add that secret behind the older ones: EDGE_SECRETS=OLD,NEW',
    goBack: 'To go back all the same, update the edge with a secret of that deployment right after',
    goBackFirst:
      'To go back all the same, first update the edge with a secret that is both in force and in that deployment',
  },
};

/** The words for tokens from the parameter. */
const STORED = {
  keepOld: `Store that token before the new one: \`WEBHOOK_TOKENS=OLD bin/inbound-sms token new --import\`, with the stage. ${HOLDERS}`,
  keepNew: `Store that token behind the older ones: \`WEBHOOK_TOKENS=OLD,NEW bin/inbound-sms token new --import\`, with the stage. ${HOLDERS}`,
};

/**
 * Compares hashes, because only the user and the PBX have the secrets. The last token in force has the URL
 * to paste, so the PBX may use it. Earlier tokens are being replaced and may go.
 *
 * @param {Variables} before
 * @param {Variables} next The variables after a deploy or a rollback.
 * @param {Change} change
 * @throws {Error} If the last token in force would go. Says what to do.
 */
export function refuseToDropTokens(before, next, change) {
  for (const [variable, secret] of Object.entries(SECRETS)) {
    const isStored = variable === 'WEBHOOK_TOKEN_HASHES' && change.source?.startsWith('/');
    const words = isStored ? { ...secret, ...STORED, source: change.source } : secret;
    const [old, coming] = [hashesIn(before[variable]), hashesIn(next[variable])];
    // Without old tokens, there is nothing to lose. Without new ones, the edge was removed on purpose.
    if (old.length === 0 || coming.length === 0) continue;
    if (coming.includes(old.at(-1) ?? '')) continue;
    const { noun, harm } = words;
    const [why, how] = reasonAndAdvice(change, words, {
      hasNewer: !old.includes(coming.at(-1) ?? ''),
      someStay: old.some((hash) => coming.includes(hash)),
    });
    throw new Error(
      [
        `This ${change.what} would drop the newest ${noun} that is in force: ${why}.`,
        `${harm}.`,
        `${how}.`,
        `To drop it all the same, add --${REPLACE_OPTION}. See docs/deploy.md#keep-the-token-safe.`,
      ].join('\n'),
    );
  }
}

/**
 * @param {Change} change
 * @param {Record<'keepOld' | 'keepNew' | 'goBack' | 'goBackFirst', string> & { source?: string | undefined }} words
 * @param {{ hasNewer: boolean, someStay: boolean }} coming
 * @returns {[why: string, how: string]}
 */
function reasonAndAdvice({ what, isPackaged }, words, { hasNewer, someStay }) {
  if (what === 'rollback') {
    return ['that deployment does not have it', someStay ? words.goBackFirst : words.goBack];
  }
  const keep = hasNewer ? words.keepOld : words.keepNew;
  return isPackaged
    ? [
        'the package does not have it',
        `If ${words.source} has it, package again. If not, do this before. ${keep}`,
      ]
    : [`it is not in ${words.source}`, keep];
}

/** @param {unknown} value */
const hashesIn = (value) =>
  String(value ?? '')
    .split(',')
    .filter(Boolean);

/**
 * The values in a stack of the parameters that must not silently return to their defaults. That would harm
 * subscriptions, the domain or allow lists. An unknown value has no entry.
 *
 * @param {Variables} variables The deployed webhook's.
 * @param {Record<string, string>} outputs The deployed stack's.
 */
export const keptByStack = (variables, outputs) =>
  kept(variables, outputs, String(variables.MESSAGES_TOPIC_ARN).endsWith('.fifo'));

/** @param {Template} template */
export const keptByTemplate = (template) =>
  kept(
    variablesIn(template),
    template.Outputs ?? {},
    template.Resources.MessagesTopic?.Properties.FifoTopic === true,
  );

/** @param {Variables} variables @param {Record<string, unknown>} outputs @param {boolean} isFifo */
const kept = (variables, outputs, isFifo) => ({
  topicType: isFifo ? 'fifo' : 'standard',
  messageFormat: variables.MESSAGE_FORMAT,
  domainName: outputs.WebhookDomainTarget,
  allowedSourceCidrs: variables.ALLOWED_SOURCE_CIDRS,
  allowedSmsNumbers: variables.ALLOWED_SMS_NUMBERS,
});

/**
 * For a deploy without settings.yml, which may exist on another machine.
 *
 * @param {Record<string, unknown>} deployed
 * @param {Record<string, unknown>} next
 * @throws {Error} If the deploy would reset a setting to its default. Says what to do.
 */
export function refuseToDropSettings(deployed, next) {
  /** @param {string} name @param {unknown} value */
  const isSet = (name, value) => (value ?? '') !== '' && value !== PARAMETERS[name]?.fallback;
  const lost = Object.keys(next).filter(
    (name) => isSet(name, deployed[name]) && !isSet(name, next[name]),
  );
  if (lost.length === 0) return;
  throw new Error(
    [
      `There is no settings.yml here, so this deploy would set these parameters back to their defaults: ${lost.join(', ')}.`,
      'Get the file from a colleague, or write the parameters into a new one: docs/deploy.md#parameters.',
      `To deploy the defaults, add --${WITHOUT_OPTION}.`,
    ].join('\n'),
  );
}

import { variablesIn } from './deployed-tokens.js';
import { PARAMETERS } from './parameters.js';

/** The option of a deploy that may do so. */
export const WITHOUT_OPTION = 'without-settings';

/**
 * What a stack has of the parameters whose default would harm it: subscriptions, the domain and allow
 * lists would go.
 *
 * @typedef {Record<string, unknown>} Kept By parameter. What is not known has no entry.
 */

/**
 * @param {Record<string, unknown>} variables Of the deployed webhook.
 * @param {Record<string, string>} outputs Of the deployed stack.
 * @returns {Kept}
 */
export function keptByStack(variables, outputs) {
  const isFifo = String(variables.MESSAGES_TOPIC_ARN).endsWith('.fifo');
  return keptBy(variables, outputs, isFifo);
}

/** @returns {Kept} */
export function keptByTemplate(template) {
  const isFifo = template.Resources?.MessagesTopic?.Properties?.FifoTopic === true;
  return keptBy(variablesIn(template), template.Outputs ?? {}, isFifo);
}

function keptBy(variables, outputs, isFifo) {
  return {
    topicType: isFifo ? 'fifo' : 'standard',
    messageFormat: variables.MESSAGE_FORMAT,
    domainName: outputs.WebhookDomainTarget,
    allowedSourceCidrs: variables.ALLOWED_SOURCE_CIDRS,
    allowedSmsNumbers: variables.ALLOWED_SMS_NUMBERS,
  };
}

/**
 * For a deploy without settings.yml, which may only be missing here.
 *
 * @param {Kept} deployed
 * @param {Kept} next
 * @throws {Error} If the deploy would set some to their defaults. It says what to do.
 */
export function refuseToDropSettings(deployed, next) {
  const lost = Object.keys(next).filter(
    (name) => isSet(name, deployed[name]) && !isSet(name, next[name]),
  );
  if (lost.length === 0) return;
  throw new Error(
    [
      `There is no settings.yml here, and this deploy would set to the default what the stack has otherwise: ${lost.join(', ')}.`,
      'Get the file from a colleague, or write these into a new one: docs/deploy.md#parameters.',
      `To deploy the defaults, add --${WITHOUT_OPTION}.`,
    ].join('\n'),
  );
}

function isSet(name, value) {
  return (value ?? '') !== '' && value !== PARAMETERS[name].fallback;
}

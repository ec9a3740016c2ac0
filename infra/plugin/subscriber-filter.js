/** @import { Entry } from './settings-document.js' */

/** The message attributes, which subscribers can be filtered by: docs/message-contract.md. */
const ATTRIBUTES = ['schema', 'message_id', 'service_id', 'from', 'sms_number', 'replay'];

/**
 * The filter of a subscriber, as SNS takes it.
 *
 * @param {Readonly<Record<string, Entry>>} fields What the file says of the subscriber.
 * @param {{ messageFormat: string, country: string }} context
 * @returns {{ filterPolicy?: Record<string, unknown>, filterScope?: 'MessageAttributes' | 'MessageBody' }}
 */
export function filterOf({ to, from, filter }, { country: _ }) {
  if (filter) {
    const filterPolicy = /** @type {Record<string, unknown>} */ (filter.json);
    const isOfAttributes = Object.keys(filterPolicy).every((key) => ATTRIBUTES.includes(key));
    return { filterPolicy, filterScope: isOfAttributes ? 'MessageAttributes' : 'MessageBody' };
  }
  if (!to && !from) return {};
  const filterPolicy = {
    ...(to && { sms_number: [to.text].flat() }),
    ...(from && { from: [from.text].flat() }),
  };
  return { filterPolicy, filterScope: 'MessageAttributes' };
}

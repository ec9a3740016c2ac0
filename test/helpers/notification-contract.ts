import { faultsOf, MESSAGE_SCHEMA, validatorOf } from './message-schema.ts';

/** A notification, as published or as received. */
export interface ContractedNotification {
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Absent with raw delivery. */
  readonly subject?: string;
}

const attributes = validatorOf(MESSAGE_SCHEMA, 'attributes');
const subject = validatorOf(MESSAGE_SCHEMA, 'subject');
/** By the attribute `schema`. Closed, because an undocumented field is a mistake. */
const messages = new Map([
  ['inbound-sms/1', validatorOf(MESSAGE_SCHEMA, 'inbound-sms', { closed: true })],
  ['aws-two-way-sms', validatorOf(MESSAGE_SCHEMA, 'aws-two-way-sms', { closed: true })],
]);

/** All differences between a notification and docs/message.schema.json. */
export function contractFaults(notification: ContractedNotification): string[] {
  const faults = faultsOf(attributes, notification.attributes).map((f) => `attributes: ${f}`);
  if (notification.subject !== undefined) {
    faults.push(...faultsOf(subject, notification.subject).map((f) => `subject: ${f}`));
  }
  const validate = messages.get(notification.attributes.schema ?? '');
  if (!validate) return [...faults, 'attributes: schema names no format'];
  const message = parse(notification.message);
  if (message === undefined) return [...faults, 'message: is not JSON'];
  return [...faults, ...faultsOf(validate, message).map((f) => `message: ${f}`)];
}

/** @throws {Error} If one of them breaks the contract. */
export function checkContract<N extends ContractedNotification>(notifications: N[]): N[] {
  for (const notification of notifications) {
    const faults = contractFaults(notification);
    if (faults.length > 0) throw new Error(`It breaks the contract: ${faults.join('; ')}`);
  }
  return notifications;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

import { SecretMalformed, webhooksOf } from '../../lib/forwarding/https.ts';
import type { DeployedSubscriber } from '../shared/subscriber-outputs.ts';
import { usageError } from './cli-error.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const MAX_BYTES = 4_096;

/** Of a secret that signs: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const SIGNING_BYTES = { min: 24, max: 64 };

const GENERATE = 'Make one with --generate.';

/**
 * Refuses a value that the subscribers of a secret could not use. No error quotes it.
 *
 * @param users The subscribers that use the secret.
 * @throws {CliError}
 */
export function checkSecretValue(
  value: string,
  users: readonly Pick<DeployedSubscriber, 'name' | 'kind'>[],
): void {
  if (value.trim() === '') throw usageError('The value is empty. Nothing was stored.');
  if (Buffer.byteLength(value) > MAX_BYTES) {
    throw usageError(`The value is longer than ${MAX_BYTES} bytes. Nothing was stored.`);
  }
  for (const { name, kind } of users) {
    if (kind === 'https') checkSigningSecret(value, name);
    else checkChatUrl(value, name, kind);
  }
}

function checkChatUrl(value: string, subscriber: string, kind: string): void {
  if (!/\s/.test(value) && URL.parse(value)?.protocol === 'https:') return;
  throw usageError(
    `${subscriber} is of the kind ${kind}: its secret is the URL of the chat's webhook, with https. Nothing was stored.`,
  );
}

function checkSigningSecret(value: string, subscriber: string): void {
  const what = `${subscriber} is of the kind https: its secret is base64 of ${SIGNING_BYTES.min} to ${SIGNING_BYTES.max} random bytes, with or without whsec_ before it. Nothing was stored.`;
  try {
    webhooksOf(value);
  } catch (error) {
    if (error instanceof SecretMalformed) throw usageError(what, GENERATE);
    throw error;
  }
  for (const one of value.trim().split(/\s+/)) {
    const { length } = Buffer.from(one.replace(/^whsec_/, ''), 'base64');
    if (length < SIGNING_BYTES.min || length > SIGNING_BYTES.max) throw usageError(what, GENERATE);
  }
}

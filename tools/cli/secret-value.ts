import { urlIn } from '../../lib/forwarding/build-outgoing.ts';
import { SecretMalformed, SIGNING_BYTES, webhooksOf } from '../../lib/forwarding/https.ts';
import type { DeployedSubscriber } from '../shared/subscriber-outputs.ts';
import { usageError } from './cli-error.ts';

/** How to give the local stack a missing secret. It reads `.env.local` if that exists, otherwise `.env`. */
export const writeLocally = (name: string): string =>
  `Write ${name}=VALUE into .env, or into .env.local if that file exists.`;

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const MAX_BYTES = 4_096;

/**
 * Refuses a value that the subscribers could not use. No error quotes the value.
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
    try {
      if (kind === 'https') webhooksOf(value);
      else urlIn(value, { isLocal: false });
    } catch (error) {
      if (error instanceof SecretMalformed) throw unusable(name, kind);
      throw error;
    }
  }
}

function unusable(subscriber: string, kind: string) {
  const { min, max } = SIGNING_BYTES;
  return kind === 'https'
    ? usageError(
        `${subscriber} is of the kind https: its secret is base64 of ${min} to ${max} random bytes, with or without whsec_ before it. Nothing was stored.`,
        'Make one with --generate.',
      )
    : usageError(
        `${subscriber} is of the kind ${kind}: its secret is the URL of the chat's webhook, with https. Nothing was stored.`,
      );
}

import { InvalidArgumentError } from '@commander-js/extra-typings';
import { usageError } from './cli-error.ts';
import { CALLED } from './command.ts';
import type { Stack } from './stack.ts';

/** Of a message's form, as the options of `send` set them. */
export type Fields = Readonly<Record<string, string>>;

export interface FieldOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly body?: string | undefined;
  readonly id?: string | undefined;
  readonly field?: Fields | undefined;
}

/** The fields that the options name, under the provider's names. */
export function fieldsOf({ from, to, body, id, field }: FieldOptions): Record<string, string> {
  const named = { from, sms_number: to, body, message_id: id };
  const given = Object.entries(named).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...Object.fromEntries(given), ...field };
}

/** @throws {InvalidArgumentError} For the parser to say. */
export function parseField(text: string, before: Fields = {}): Fields {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('It must be NAME=VALUE.');
  }
  return { ...before, [name]: value };
}

/** @throws {CliError} Not the parser's own error, which quotes what was given: it may hold a token. */
export function parseUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw usageError('--url must be an http or https URL.', `See: ${CALLED} send --help`);
}

/** Reads seconds, to the millisecond. What it returns throws an {@link InvalidArgumentError}, for the parser to say. */
export function secondsFrom(min: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,5}(\.\d{1,3})?$/.test(text) && Number(text) >= min) return Number(text);
    throw new InvalidArgumentError(
      `It must be seconds from ${min} to 99999.999, such as 5 or 0.2, with three decimals at most.`,
    );
  };
}

/**
 * What the PBX would be given.
 *
 * @throws {CliError} If this machine does not know the token.
 */
export function webhookUrlOf({ webhookBaseUrl, token }: Stack): string {
  if (token !== undefined) return `${webhookBaseUrl}/${token}`;
  throw usageError(
    'The token of the webhook URL is not known here.',
    'Set WEBHOOK_TOKENS, in the environment or in .env, or give --url.',
  );
}

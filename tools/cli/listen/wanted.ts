import { createRequire } from 'node:module';
import { CONDITIONS, FILTER } from '../../../infra/plugin/filter-schema.js';
import { filterOf as policyOf } from '../../../infra/plugin/subscriber-filter.js';
import { subscriptionFilter } from '../../archive/addressees.ts';
import { filterOf } from '../../archive/filter-policy.ts';
import { hasNumbers } from '../../shared/number-filter.ts';
import { usageError } from '../cli-error.ts';
import { exactNumbersOf, messageFormatOf } from '../message-options.ts';
import type { Stack } from '../stack.ts';
import type { HeardMessage } from './heard-message.ts';

export interface WantedOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly filter?: string | undefined;
  readonly subscriber?: string | undefined;
}

/**
 * Which messages the options name. A filter counts at once, as it is applied here: SNS takes up to 15 minutes.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 *
 * @throws {CliError} If a filter is none that settings.yml would take, or there is no such subscriber.
 */
export async function wantedBy(
  { filter, subscriber, ...numbers }: WantedOptions,
  stack: Stack,
  signal: AbortSignal,
): Promise<(message: HeardMessage) => boolean> {
  const given = filter === undefined ? undefined : parsePolicy(filter, stack);
  const byNumber = await exactNumbersOf(numbers, stack);
  const byFilter = given ?? (() => true);
  const bySubscriber =
    subscriber === undefined
      ? () => true
      : await subscriptionFilter(
          await stack.clients.sns(),
          stack.subscriber(subscriber).subscription,
          { signal },
        );
  return (message) => {
    const compared = { message: message.json, attributes: message.attributes };
    return hasNumbers(message, byNumber) && byFilter(compared) && bySubscriber(compared);
  };
}

/** By the rules of `filter` in settings.yml, and by the same code. */
function parsePolicy(text: string, stack: Stack) {
  const json = parseJson(text);
  const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv');
  const definitions = { filter: FILTER, conditions: CONDITIONS };
  const ajv = new Ajv({ strict: false, verbose: true });
  const isPolicy = ajv.compile({ $ref: '#/definitions/filter', definitions });
  if (!isPolicy(json)) {
    const [{ instancePath = '', parentSchema, message } = {}] = isPolicy.errors ?? [];
    throw filterError(`${instancePath} ${parentSchema?.errorMessage ?? message}`.trim());
  }
  try {
    const entry = { key: 'filter', place: '--filter', text, json };
    const context = { messageFormat: messageFormatOf(stack, undefined), country: stack.country };
    const { filterPolicy, filterScope } = policyOf({ filter: entry }, context);
    return filterOf({ policy: JSON.stringify(filterPolicy), scope: filterScope });
  } catch (error) {
    throw filterError((error as Error).message.replace(/^--filter: /, ''));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw filterError(`it is not JSON: ${(error as Error).message}`);
  }
}

const filterError = (why: string) =>
  usageError(
    `--filter cannot be used: ${why}.`,
    'It takes what filter of a subscriber takes in settings.yml, as JSON: docs/subscribers.md.',
  );

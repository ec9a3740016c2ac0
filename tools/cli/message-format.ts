import { MESSAGE_FORMATS, type MessageFormat } from '../../lib/messages/notification.ts';
import { usageError } from './cli-error.ts';
import type { Stack } from './stack.ts';

/**
 * How a stack publishes: as the parameter `messageFormat` had it when it was deployed.
 *
 * @param given The operator's word, which counts more.
 * @throws {CliError} If neither says: the wrong one could break every subscriber.
 */
export function messageFormatOf(
  { name, outputs, isTableOnly }: Pick<Stack, 'name' | 'outputs' | 'isTableOnly'>,
  given: MessageFormat | undefined,
): MessageFormat {
  const format = given ?? MESSAGE_FORMATS.find((known) => known === outputs.MessageFormat);
  if (format) return format;
  throw usageError(
    isTableOnly
      ? 'A table does not say in which format its messages were published.'
      : `The stack ${name} does not say in which format it publishes.`,
    `Add --format with its parameter messageFormat: ${MESSAGE_FORMATS.join(' or ')}.`,
  );
}

import { subscribersIn } from '../../shared/subscriber-outputs.ts';
import type { StackSetup } from '../stack-protocol.ts';

/** The outputs with the settings of a stack. */
const SETTINGS = ['MessageFormat', 'AllowedSmsNumbers'];

/**
 * The parts of a stack, by its outputs.
 *
 * @param outputs A table without its stack has only `MessagesTableName`.
 * @param endpoints The addresses of the local emulators.
 */
export function setupOf(
  outputs: Readonly<Record<string, string>>,
  endpoints?: Readonly<Record<string, string>>,
): StackSetup {
  const { Version, MessagesTableName = '', MessagesTopicArn, WebhookBaseUrl } = outputs;
  const known = Object.entries(outputs);
  return {
    ...(Version !== undefined && { version: Version }),
    tableName: MessagesTableName,
    ...(MessagesTopicArn !== undefined && { topicArn: MessagesTopicArn }),
    ...(WebhookBaseUrl !== undefined && { webhookBaseUrl: WebhookBaseUrl }),
    ...(endpoints && { endpoints }),
    settings: Object.fromEntries(known.filter(([name]) => SETTINGS.includes(name))),
    subscribers: subscribersIn(outputs).map(({ name, kind, url }) => {
      // The path after the host may be a secret.
      const host = url === undefined ? undefined : URL.parse(url)?.host;
      return { name, kind, ...(host && { target: host }) };
    }),
  };
}

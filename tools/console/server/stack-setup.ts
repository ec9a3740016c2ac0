import { subscribersIn } from '../../shared/subscriber-outputs.ts';
import type { StackSetup } from '../stack-protocol.ts';

/** The outputs that say how a stack is set, rather than where its parts are. */
const SETTINGS = ['MessageFormat', 'AllowedSmsNumbers'];

/**
 * What a stack is made of, as far as its outputs tell.
 *
 * @param outputs A table whose stack is gone has only `MessagesTableName`.
 * @param endpoints Of the local emulators.
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
      // What follows a host may be a secret.
      const host = url === undefined ? undefined : URL.parse(url)?.host;
      return { name, kind, ...(host && { target: host }) };
    }),
  };
}

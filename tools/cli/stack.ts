import type { MessageTopic } from '../../lib/messages/ports.ts';
import type { MessageArchive } from '../archive/message-archive.ts';
import { subscribersIn } from '../shared/subscriber-outputs.ts';
import type { AwsClients } from './aws-clients.ts';
import { CliError, EXIT, usageError } from './cli-error.ts';

/** Where a stack is, and what it is made of. */
export interface StackFacts {
  readonly name: string;
  readonly region: string;
  readonly isLocal: boolean;
  /** `--table`: its stack is gone, or not asked for. */
  readonly isTableOnly?: boolean;
  /** Whose national numbers people write: ISO 3166. */
  readonly country: string;
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Of the URL, if this machine knows it: the current one. */
  readonly token: string | undefined;
  /** What a request to the webhook needs if there is no edge here that adds it. */
  readonly edgeHeaders?: Readonly<Record<string, string>>;
  readonly clients: AwsClients;
  /** The name of the webhook's log group. */
  logGroup(): Promise<string>;
}

/** A stack that was found: its parts by name, and the clients to work with them. */
export type Stack = ReturnType<typeof stackOf>;

/** The stack of these facts. A part that it does not have throws a {@link CliError} when it is asked for. */
export function stackOf(facts: StackFacts) {
  const output = (name: string): string => {
    const value = facts.outputs[name];
    if (value !== undefined) return value;
    if (facts.isTableOnly) throw needsStack();
    // A version without this output was deployed.
    throw new CliError(
      EXIT.notFound,
      `The stack ${facts.name} has no output ${name}.`,
      'Deploy this version of the service, then try again.',
    );
  };
  return {
    ...facts,
    get tableName() {
      return output('MessagesTableName');
    },
    get topicArn() {
      return output('MessagesTopicArn');
    },
    /** The webhook's URL but for the slash and the token. */
    get webhookBaseUrl() {
      return output('WebhookBaseUrl');
    },
    /** Those that settings.yml has made. */
    get subscribers() {
      return subscribersIn(facts.outputs);
    },
    /** The stored messages, to read. */
    async archive(): Promise<MessageArchive> {
      const { MessageArchive } = await import('../archive/message-archive.ts');
      return new MessageArchive(await facts.clients.dynamodb(), this.tableName);
    },
    /** Where messages are published. */
    async topic(): Promise<MessageTopic> {
      const { SNSMessageTopic } = await import('../../lib/aws/message-topic.ts');
      return new SNSMessageTopic(await facts.clients.sns(), this.topicArn);
    },
  };
}

/** What a table has not. */
export function needsStack(): CliError {
  return usageError('--table names a table only. This needs a stack, with its logs and its topic.');
}

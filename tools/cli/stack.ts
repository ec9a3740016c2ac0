import { tokensParameter } from '../../infra/plugin/stored-tokens.js';
import { secretParameter } from '../../lib/forwarding/subscriber.ts';
import type { MessageTopic } from '../../lib/messages/ports.ts';
import type { MessageArchive } from '../archive/message-archive.ts';
import type { QuarantineArchive } from '../archive/quarantine-archive.ts';
import { type DeployedSubscriber, subscribersIn } from '../shared/subscriber-outputs.ts';
import type { AwsClients } from './aws-clients.ts';
import { CliError, EXIT, usageError } from './cli-error.ts';

export type FunctionKey = 'receiveSms' | 'forwardMessage';

/** The token of the webhook's URL and its source, or why it is not known here. */
export type KnownToken =
  | { readonly token: string; readonly source: string }
  | {
      readonly token: undefined;
      readonly why: string;
      /** AWS refused to tell. Otherwise nobody has stored the token. */
      readonly isRefused?: true;
    };

/** Where a stack is, and what it is made of. */
export interface StackFacts {
  readonly name: string;
  /** The first part of its name: `service` of settings.yml. */
  readonly service: string;
  /** The other part. Nothing if `--stack` names a stack of another service. */
  readonly stage: string | undefined;
  readonly region: string;
  readonly isLocal: boolean;
  /** The options that name this stack, as a shell takes them: `--stage prod`. */
  readonly selector: readonly string[];
  /** It is not deployed yet: {@link outputs} is empty. */
  readonly isMissing?: boolean;
  /** `--table` is given: the stack is gone, or is not used. */
  readonly isTableOnly?: boolean;
  /** The country whose national numbers people write: ISO 3166. */
  readonly country: string;
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The current token of the URL. The first call may ask AWS. */
  webhookToken(): Promise<KnownToken>;
  /** Headers that a request to the webhook needs where no edge adds them. */
  readonly edgeHeaders?: Readonly<Record<string, string>>;
  readonly clients: AwsClients;
  /** The name of a function's log group. @param fn Its key in serverless.yml; the webhook's by default. */
  logGroup(fn?: FunctionKey): Promise<string>;
}

/** A stack, its parts by name, and the clients that reach them. */
export type Stack = ReturnType<typeof stackOf>;

/** The stack of these facts. Reading a part that it does not have throws a {@link CliError}. */
export function stackOf(facts: StackFacts) {
  const output = (name: string): string => {
    const value = facts.outputs[name];
    if (value !== undefined) return value;
    if (facts.isTableOnly) throw needsStack();
    // The deployed version is older than this output.
    throw new CliError(
      EXIT.notFound,
      `The stack ${facts.name} has no output ${name}.`,
      'An older version is deployed. Deploy this version, then try again.',
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
    /** How long a published message is kept. */
    get retentionDays() {
      return Number(output('RetentionDays'));
    },
    /** How long logs are kept. Nothing if the stack is missing, or too old to tell. */
    get logRetentionDays() {
      const { LogRetentionDays } = facts.outputs;
      return LogRetentionDays === undefined ? undefined : Number(LogRetentionDays);
    },
    /** The webhook's URL, without the slash and the token. */
    get webhookBaseUrl() {
      return output('WebhookBaseUrl');
    },
    /** The subscribers of settings.yml that are deployed. */
    get subscribers() {
      return subscribersIn(facts.outputs);
    },
    /** The subscriber of this name. @throws {CliError} Names the subscribers of the stack. */
    subscriber(name: string): DeployedSubscriber {
      if (facts.isTableOnly) throw needsStack();
      const found = this.subscribers.find((subscriber) => subscriber.name === name);
      if (found) return found;
      const names = this.subscribers.map((subscriber) => subscriber.name);
      throw new CliError(
        EXIT.notFound,
        `The stack ${facts.name} has no subscriber ${name}.`,
        names.length > 0
          ? `Its subscribers are ${names.join(', ')}.`
          : 'Add it to settings.yml and deploy: docs/subscribers.md',
      );
    },
    /** Where a secret is in SSM's Parameter Store. @throws {CliError} If the stack's name does not tell. */
    secretParameter: (secret: string) => secretParameter(facts.service, stageOf(facts), secret),
    /** Where the tokens of a team are. @throws {CliError} If the stack's name does not tell. */
    tokensParameter: () => tokensParameter(facts.service, stageOf(facts)),
    /** The stored messages, to read. */
    async archive(): Promise<MessageArchive> {
      const { MessageArchive } = await import('../archive/message-archive.ts');
      return new MessageArchive(await facts.clients.dynamodb(), this.tableName);
    },
    /** The refused requests, to read. */
    async quarantine(): Promise<QuarantineArchive> {
      const { QuarantineArchive } = await import('../archive/quarantine-archive.ts');
      return new QuarantineArchive(await facts.clients.dynamodb(), this.tableName);
    },
    /** The topic that messages are published to. */
    async topic(): Promise<MessageTopic> {
      const { SNSMessageTopic } = await import('../../lib/aws/message-topic.ts');
      return new SNSMessageTopic(await facts.clients.sns(), this.topicArn);
    },
  };
}

/** @throws {CliError} If the stack is one of another service. */
export function stageOf({ name, service, stage }: Pick<StackFacts, 'name' | 'service' | 'stage'>) {
  if (stage !== undefined) return stage;
  throw usageError(
    `The name ${name} does not begin with the service ${service}, so the place of its secrets is not known.`,
    'Set `service` in settings.yml to the service that was deployed.',
  );
}

/** The error for work that a table alone does not allow. */
export function needsStack(): CliError {
  return usageError(
    'This needs a stack with its logs and its topic, and --table gives only a table.',
    'Use --stage or --stack instead.',
  );
}

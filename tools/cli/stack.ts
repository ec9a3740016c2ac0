import { tokensParameter } from '../../infra/plugin/stored-tokens.js';
import { secretParameter } from '../../lib/forwarding/subscriber.ts';
import type { MessageTopic } from '../../lib/messages/ports.ts';
import type { MessageArchive } from '../archive/message-archive.ts';
import type { QuarantineArchive } from '../archive/quarantine-archive.ts';
import { type DeployedSubscriber, subscribersIn } from '../shared/subscriber-outputs.ts';
import type { AwsClients } from './aws-clients.ts';
import { CliError, EXIT, usageError } from './cli-error.ts';

export type FunctionKey = 'receiveSms' | 'forwardMessage';

/** The token of the webhook's URL, and where it was found; or why it is not known here. */
export type KnownToken =
  | { readonly token: string; readonly source: string }
  | {
      readonly token: undefined;
      readonly why: string;
      /** AWS has not told. Otherwise nobody has stored it. */
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
  /** `--table`: its stack is gone, or not asked for. */
  readonly isTableOnly?: boolean;
  /** Whose national numbers people write: ISO 3166. */
  readonly country: string;
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The current token of the URL. The first call may ask AWS. */
  webhookToken(): Promise<KnownToken>;
  /** What a request to the webhook needs if there is no edge here that adds it. */
  readonly edgeHeaders?: Readonly<Record<string, string>>;
  readonly clients: AwsClients;
  /** The name of a function's log group. @param fn Its key in serverless.yml; the webhook's by default. */
  logGroup(fn?: FunctionKey): Promise<string>;
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
    /** How long a published message is kept. */
    get retentionDays() {
      return Number(output('RetentionDays'));
    },
    /** How long logs are kept. Nothing if a version that does not tell is deployed, or none. */
    get logRetentionDays() {
      const { LogRetentionDays } = facts.outputs;
      return LogRetentionDays === undefined ? undefined : Number(LogRetentionDays);
    },
    /** The webhook's URL but for the slash and the token. */
    get webhookBaseUrl() {
      return output('WebhookBaseUrl');
    },
    /** Those that settings.yml has made. */
    get subscribers() {
      return subscribersIn(facts.outputs);
    },
    /** The subscriber of this name. @throws {CliError} It names those that there are. */
    subscriber(name: string): DeployedSubscriber {
      if (facts.isTableOnly) throw needsStack();
      const found = this.subscribers.find((subscriber) => subscriber.name === name);
      if (found) return found;
      const names = this.subscribers.map((subscriber) => subscriber.name);
      throw new CliError(
        EXIT.notFound,
        `The stack ${facts.name} has no subscriber ${name}.`,
        names.length > 0
          ? `It has ${names.join(', ')}.`
          : 'Subscribers are made by settings.yml: see docs/subscribers.md.',
      );
    },
    /** Where a secret is in SSM's Parameter Store. @throws {CliError} If the stack's name does not tell. */
    secretParameter: (secret: string) => secretParameter(facts.service, stageOf(facts), secret),
    /** Where the tokens are that a team shares. @throws {CliError} If the stack's name does not tell. */
    tokensParameter: () => tokensParameter(facts.service, stageOf(facts)),
    /** The stored messages, to read. */
    async archive(): Promise<MessageArchive> {
      const { MessageArchive } = await import('../archive/message-archive.ts');
      return new MessageArchive(await facts.clients.dynamodb(), this.tableName);
    },
    /** The requests that were refused, to read. */
    async quarantine(): Promise<QuarantineArchive> {
      const { QuarantineArchive } = await import('../archive/quarantine-archive.ts');
      return new QuarantineArchive(await facts.clients.dynamodb(), this.tableName);
    },
    /** Where messages are published. */
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
    `The name ${name} does not begin with the service ${service}, so it does not tell where its secrets are.`,
    'Set `service` in settings.yml to the service that was deployed.',
  );
}

/** What a table has not. */
export function needsStack(): CliError {
  return usageError('--table names a table only. This needs a stack, with its logs and its topic.');
}

import { LOCAL_STAGE } from '../infra/plugin/settings-file.js';
import type { MessageArchive } from '../lib/operations/message-archive.ts';
import type { MessageTopic } from '../lib/ports.ts';
import type { AwsClients } from './aws-clients.ts';
import { CliError } from './cli-error.ts';
import type { StackOptions } from './command.ts';
import { findDeployedStack } from './deployed-stack.ts';
import { EXIT } from './exit-codes.ts';
import { findLocalStack, forgetAws } from './local-stack.ts';
import { Output } from './output.ts';
import type { Runtime } from './runtime.ts';
import { needsStack } from './table-option.ts';
import { readUserFiles } from './user-files.ts';

/** Where a stack is, and what it is made of. */
export interface StackFacts {
  readonly name: string;
  readonly region: string;
  readonly isLocal: boolean;
  /** `--table`: its stack is gone, or not asked for. */
  readonly isTableOnly?: boolean;
  /** What an error of its calls means, where that is not what it means elsewhere. */
  readonly explain?: (error: unknown) => Promise<unknown>;
  /** Whose national numbers people write: ISO 3166. */
  readonly country: string;
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Of the URL, if this machine knows it: the current one. */
  readonly token: string | undefined;
  /** What a request to the webhook needs if there is no edge here that adds it. */
  readonly edgeHeaders?: Readonly<Record<string, string>>;
  readonly clients: AwsClients;
  /** The log group of a function, by its key in serverless.yml. */
  logGroup(functionKey: string): Promise<string>;
}

/** A stack that was found: its parts by name, and the clients to work with them. */
export type Stack = ReturnType<typeof stackOf>;

function stackOf(facts: StackFacts) {
  /** @throws {CliError} If a version without this output was deployed. */
  const output = (name: string): string => {
    const value = facts.outputs[name];
    if (value !== undefined) return value;
    if (facts.isTableOnly) throw needsStack();
    const message = `The stack ${facts.name} has no output ${name}.`;
    throw new CliError(
      EXIT.notFound,
      message,
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
    /** The stored messages, to read. */
    async archive(): Promise<MessageArchive> {
      const { DynamoDBMessageArchive } = await import('../lib/operations/message-archive.ts');
      return new DynamoDBMessageArchive(await facts.clients.dynamodb(), this.tableName);
    },
    /** Where messages are published. */
    async topic(): Promise<MessageTopic> {
      const { SNSMessageTopic } = await import('../lib/message-topic.ts');
      return new SNSMessageTopic(await facts.clients.sns(), this.topicArn);
    },
  };
}

/** Finds the stack that the options name, runs the work on it, and lets the connections go. */
export async function withStack(
  runtime: Runtime,
  options: StackOptions,
  work: (stack: Stack, output: Output) => Promise<void>,
): Promise<void> {
  if (options.local) forgetAws(runtime.environment);
  const facts = options.local
    ? await localFacts(String(options.local), runtime)
    : await findDeployedStack(options, runtime);
  using _clients = facts.clients;
  await work(stackOf(facts), new Output(runtime, options)).catch(async (error: unknown) => {
    throw facts.explain && !runtime.signal.aborted ? await facts.explain(error) : error;
  });
  runtime.signal.throwIfAborted();
}

async function localFacts(url: string, runtime: Runtime): Promise<StackFacts> {
  const { country } = readUserFiles(LOCAL_STAGE, runtime);
  return { ...(await findLocalStack(url, runtime.signal)), country };
}

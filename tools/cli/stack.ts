import { LOCAL_STAGE } from '../../infra/plugin/settings-file.js';
import type { MessageTopic } from '../../lib/messages/ports.ts';
import type { MessageArchive } from '../archive/message-archive.ts';
import { CliError } from './cli-error.ts';
import type { StackOptions } from './command.ts';
import { findDeployedStack } from './deployed-stack.ts';
import { EXIT } from './exit-codes.ts';
import { findLocalStack, forgetAws } from './local-stack.ts';
import { Output } from './output.ts';
import type { Runtime } from './runtime.ts';
import type { StackFacts } from './stack-facts.ts';
import { needsStack } from './table-option.ts';
import { readUserFiles } from './user-files.ts';

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
  await work(stackOf(facts), new Output(runtime, options)).catch((error: unknown) => {
    throw facts.explain && !runtime.signal.aborted ? facts.explain(error) : error;
  });
  runtime.signal.throwIfAborted();
}

async function localFacts(url: string, runtime: Runtime): Promise<StackFacts> {
  const { country } = readUserFiles(LOCAL_STAGE, runtime);
  return { ...(await findLocalStack(url, runtime.signal)), country };
}

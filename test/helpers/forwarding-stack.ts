import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { SQS } from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import type { DeliveryMarks } from '../../lib/forwarding/delivery-mark.ts';
import { MessageArchive } from '../../tools/archive/message-archive.ts';
import type { TopicEmail } from '../../tools/console/lab/subscribers.ts';
import { clientOf } from '../../tools/local/aws.ts';
import { type FaultProxy, startFaultProxy } from '../../tools/local/fault-proxy.ts';
import { SSM_PATH } from '../../tools/local/parameter-store.ts';
import { type LocalStack, startLocalStack } from '../../tools/local/stack.ts';
import { postForm } from './local-stack.ts';
import { clockOf, type MovedClock, moveClock } from './moved-clock.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** The signing secret of the tests' `https` subscribers, in the format of Standard Webhooks. */
export const SIGNING_SECRET = `whsec_${Buffer.from('forwarding-tests-0123456789abcdef').toString('base64')}`;

/** A line of the forwarder's log. */
export interface ForwarderLine {
  readonly subscriber: string;
  readonly message_id?: string;
  readonly outcome: string;
  readonly attempt: number;
  readonly status?: number;
  readonly reason?: string;
  readonly next_attempt_s?: number;
  readonly SecretMissing?: number;
}

/** The content of a queue, as fauxqs returns it. */
interface QueueContent {
  readonly messages: {
    readonly ready: readonly QueuedMessage[];
    readonly inflight: readonly {
      readonly message: QueuedMessage;
      readonly visibilityDeadline: number;
    }[];
  };
}

interface QueuedMessage {
  readonly body: string;
  readonly approximateReceiveCount: number;
  readonly messageGroupId?: string;
}

export interface ForwardingOptions {
  /** Makes the block `subscribers` in `local:` from the receiver's URL. */
  readonly subscribers: (receiverUrl: string) => Readonly<Record<string, unknown>>;
  readonly params?: Readonly<Record<string, string>>;
  /** More secrets besides `CRM_SECRET` and the chats' URLs, which lead to the receiver. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/**
 * The local stack with the shipped forwarder, a receiver, a fault proxy before each AWS service, and a
 * clock that can be moved, also in the functions.
 */
export class ForwardingStack implements AsyncDisposable {
  readonly stack: LocalStack;
  readonly receiver: Receiver;
  readonly clock: MovedClock;
  readonly proxies: Readonly<Record<'dynamodb' | 'sns' | 'sqs' | 'ssm', FaultProxy>>;
  readonly sqs: SQS;
  readonly lines: ForwarderLine[] = [];
  readonly emails: TopicEmail[] = [];
  readonly #archive: MessageArchive;
  readonly #secretFile: string;
  readonly #secrets: Record<string, string>;
  readonly #started: AsyncDisposableStack;

  private constructor(
    parts: Pick<ForwardingStack, 'stack' | 'receiver' | 'clock' | 'proxies' | 'lines' | 'emails'>,
    secretFile: string,
    secrets: Readonly<Record<string, string>>,
    started: AsyncDisposableStack,
  ) {
    this.stack = parts.stack;
    this.receiver = parts.receiver;
    this.clock = parts.clock;
    this.proxies = parts.proxies;
    this.lines = parts.lines;
    this.emails = parts.emails;
    this.#secretFile = secretFile;
    this.#secrets = { ...secrets };
    this.#started = started;
    const close = (client: { destroy(): void }) => client.destroy();
    this.sqs = started.adopt(new SQS(clientOf(this.stack.snsEndpoint)), close);
    const dynamodb = started.adopt(new DynamoDB(clientOf(this.stack.dynamodbEndpoint)), close);
    this.#archive = new MessageArchive(dynamodb, this.stack.tableName);
  }

  static async start(options: ForwardingOptions): Promise<ForwardingStack> {
    await using started = new AsyncDisposableStack();
    const receiver = started.use(await startReceiver());
    const proxy = async () => started.use(await startFaultProxy({ target: receiver.url }));
    const proxies = {
      dynamodb: await proxy(),
      sns: await proxy(),
      sqs: await proxy(),
      ssm: await proxy(),
    };
    const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-forwarding-'));
    started.defer(() => rm(directory, { recursive: true, force: true }));
    const secretFile = join(directory, '.env');
    const clockFile = join(directory, 'clock');
    const clock = started.use(moveClock(clockFile));
    const secrets = {
      CRM_SECRET: SIGNING_SECRET,
      SLACK_URL: `${receiver.url}/chat`,
      TEAMS_URL: `${receiver.url}/staff`,
      ...options.secrets,
    };
    const lines: ForwarderLine[] = [];
    const emails: TopicEmail[] = [];
    const { dynamodb, sns, sqs, ssm } = proxies;
    const stack = started.use(
      await startLocalStack({
        schedules: false,
        // JSON is YAML.
        settings: JSON.stringify({ local: { subscribers: options.subscribers(receiver.url) } }),
        secretFiles: [secretFile],
        params: options.params,
        functionEnvironment: clockOf(clockFile),
        endpoints: { dynamodb: dynamodb.url, sns: sns.url, sqs: sqs.url, ssm: ssm.url + SSM_PATH },
        onEmail: (email) => emails.push(email),
        onFunctionLog: (key, line) => {
          const entry = key === 'forwardMessage' ? JSON.parse(line) : {};
          if (entry.subscriber !== undefined) lines.push(entry);
        },
      }),
    );
    dynamodb.setTarget(stack.dynamodbEndpoint);
    sns.setTarget(stack.snsEndpoint);
    sqs.setTarget(stack.snsEndpoint);
    ssm.setTarget(stack.url);
    const parts = { stack, receiver, clock, proxies, lines, emails };
    const forwarding = new ForwardingStack(parts, secretFile, secrets, started.move());
    await forwarding.setSecrets({});
    return forwarding;
  }

  /** Posts a text as the PBX does. @returns Its `message_id`. */
  async post(body: string, fields: Readonly<Record<string, string>> = {}): Promise<string> {
    const message_id = randomUUID();
    const numbers = { from: '+61491570156', sms_number: '+61491570157' };
    const form = { message_id, service_id: 'service', ...numbers, body, timestamp: '1576391654' };
    const { status } = await postForm(this.stack.webhookUrl, { ...form, ...fields });
    if (status !== 200) throw new Error(`The webhook answered ${status}`);
    return fields.message_id ?? message_id;
  }

  /** Changes secrets in the stack's file. */
  async setSecrets(secrets: Readonly<Record<string, string>>): Promise<void> {
    Object.assign(this.#secrets, secrets);
    const entries = Object.entries(this.#secrets);
    await writeFile(this.#secretFile, entries.map((each) => `${each.join('=')}\n`).join(''));
  }

  /** The delivery marks of a message's record. */
  async marks(messageId: string): Promise<DeliveryMarks> {
    return (await this.#archive.find(messageId))?.deliveries ?? {};
  }

  /** The log lines about a subscriber, and about one message if it is given. */
  linesOf(subscriber: string, messageId?: string): ForwarderLine[] {
    return this.lines.filter(
      (line) =>
        line.subscriber === subscriber &&
        (messageId === undefined || line.message_id === messageId),
    );
  }

  /** The URL of a subscriber's queue, such as `crm`, or of its dead-letter queue, `crm-dead`. */
  queueUrl(name: string): string {
    const subscriber = this.stack.subscribers.find(
      (each) => each.name === name.replace(/-dead$/, ''),
    );
    if (!subscriber) throw new Error(`There is no subscriber ${name}`);
    const { queue, deadLetters } = subscriber.deployed;
    return name.endsWith('-dead') ? deadLetters : queue;
  }

  /** The `message_id` of each message in a queue, received or not. */
  async idsIn(name: string): Promise<string[]> {
    const { ready, inflight } = (await this.#content(name)).messages;
    return [...ready, ...inflight.map(({ message }) => message)].map(idOf);
  }

  /** Waits until each forwarded message is delivered, dead, or pausing before its next attempt. */
  async settled(): Promise<void> {
    await vi.waitFor(
      async () => {
        if (!(await this.#isSettled())) throw new Error('Messages are still being forwarded');
      },
      { timeout: 30_000, interval: 10 },
    );
  }

  /** Lets time pass, and retries each message when its pause ends. */
  async passTime(ms: number): Promise<void> {
    const end = Date.now() + ms;
    for (;;) {
      await this.settled();
      const next = Math.min(...(await this.#deadlines()));
      this.clock.moveTo(Math.min(next + 1, end));
      if (next >= end) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started.disposeAsync();
  }

  get #forwarded(): string[] {
    return this.stack.subscribers.filter(({ kind }) => kind !== 'queue').map(({ name }) => name);
  }

  async #content(name: string): Promise<QueueContent> {
    const queue = this.queueUrl(name).split('/').at(-1);
    const answer = await fetch(`${this.stack.snsEndpoint}/_fauxqs/queues/${queue}`);
    return (await answer.json()) as QueueContent;
  }

  /** The times when received messages become visible again, epoch ms. */
  async #deadlines(): Promise<number[]> {
    const contents = await Promise.all(this.#forwarded.map((name) => this.#content(name)));
    return contents.flatMap(({ messages }) =>
      messages.inflight.map(({ visibilityDeadline }) => visibilityDeadline),
    );
  }

  async #isSettled(): Promise<boolean> {
    const all = this.#forwarded.map(async (name) => {
      const { ready, inflight } = (await this.#content(name)).messages;
      const groups = inflight.map(({ message }) => message.messageGroupId);
      const isPausing = inflight.every(
        ({ message, visibilityDeadline }) =>
          visibilityDeadline > Date.now() &&
          this.linesOf(name, idOf(message)).length >= message.approximateReceiveCount &&
          // A delivered message is about to be deleted.
          this.linesOf(name, idOf(message)).at(-1)?.outcome === 'failed',
      );
      // On a FIFO topic, a message waits behind another of its conversation.
      const areBehind = ready.every(
        ({ messageGroupId }) => messageGroupId !== undefined && groups.includes(messageGroupId),
      );
      return isPausing && areBehind;
    });
    return (await Promise.all(all)).every(Boolean);
  }
}

const idOf = ({ body }: QueuedMessage): string => JSON.parse(body).message_id;

import { randomUUID } from 'node:crypto';
import {
  CreateTopicCommand,
  DeleteTopicCommand,
  InvalidParameterException,
  PublishBatchCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { inBatches } from '../../archive/pacing.ts';
import { clientOf } from '../../local/aws.ts';
import { RequestFault } from '../server/responses.ts';

type Attributes = Readonly<Record<string, string>>;

const BATCH = 10;

/** Lets SNS apply a filter policy to messages, on a temporary topic. */
export class PolicyTrial implements Disposable {
  readonly #sns: SNSClient;
  readonly #sqs: SQSClient;

  constructor(endpoint: string) {
    this.#sns = new SNSClient(clientOf(endpoint));
    this.#sqs = new SQSClient(clientOf(endpoint));
  }

  /**
   * @returns The messages that a subscription with this policy would get.
   * @throws {RequestFault} If SNS would refuse the policy.
   */
  async matching<T extends { readonly attributes: Attributes }>(
    json: string,
    messages: readonly T[],
  ): Promise<ReadonlySet<T>> {
    const asked = attributesIn(readFilterPolicy(json));
    // Messages with the same values for the policy need only one trial.
    const alike = Map.groupBy(messages, ({ attributes }) => {
      const seen = Object.entries(attributes).filter(([name]) => asked.has(name));
      return JSON.stringify(seen.toSorted());
    });
    const kinds = [...alike.values()].map(([first]) => first?.attributes ?? {});
    const through = await this.#try(json, kinds);
    return new Set([...alike.values()].filter((_, kind) => through.has(kind)).flat());
  }

  [Symbol.dispose](): void {
    this.#sns.destroy();
    this.#sqs.destroy();
  }

  /** @returns The indices of the messages that the policy accepts. */
  async #try(policy: string, all: readonly Attributes[]): Promise<Set<number>> {
    await using cleanUp = new AsyncDisposableStack();
    const name = `console-filter-${randomUUID()}`;
    // The queue is made first and deleted last, so that the topic never delivers to a deleted queue.
    const { QueueUrl } = await this.#sqs.send(new CreateQueueCommand({ QueueName: name }));
    cleanUp.defer(async () => void (await this.#sqs.send(new DeleteQueueCommand({ QueueUrl }))));
    const { TopicArn = '' } = await this.#sns.send(new CreateTopicCommand({ Name: name }));
    cleanUp.defer(async () => void (await this.#sns.send(new DeleteTopicCommand({ TopicArn }))));
    const subscription = new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: TopicArn.replace(':sns:', ':sqs:'),
      Attributes: { FilterPolicy: policy, RawMessageDelivery: 'true' },
    });
    await this.#sns.send(subscription).catch((error: unknown) => {
      if (!(error instanceof InvalidParameterException)) throw error;
      throw new RequestFault(`SNS refuses the policy: ${error.message}.`);
    });
    for await (const batch of inBatches(all.entries(), BATCH)) {
      const PublishBatchRequestEntries = batch.map(entryOf);
      await this.#sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));
    }
    // Awaited here, because the deferred deletions must not run before.
    return await this.#receiveAll(QueueUrl);
  }

  /** All messages in the queue. The emulator delivers before it answers the publisher, so no message comes later. */
  async #receiveAll(queueUrl: string | undefined): Promise<Set<number>> {
    const received = new Set<number>();
    for (;;) {
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: BATCH }),
      );
      if (Messages.length === 0) return received;
      for (const { Body } of Messages) received.add(Number(Body));
    }
  }
}

/** An entry whose message is its own index. */
function entryOf([place, attributes]: readonly [number, Attributes]) {
  const values = Object.entries(attributes).map(
    ([name, StringValue]) => [name, { DataType: 'String', StringValue }] as const,
  );
  const text = String(place);
  return { Id: text, Message: text, MessageAttributes: Object.fromEntries(values) };
}

/** A filter policy on message attributes. */
type FilterPolicy = Readonly<Record<string, unknown>>;

/** The valid value of each operator. */
const OPERATORS: Readonly<Record<string, (operand: unknown) => string | undefined>> = {
  prefix: text,
  suffix: text,
  wildcard: text,
  cidr: text,
  'equals-ignore-case': text,
  exists: (operand) => (typeof operand === 'boolean' ? undefined : 'must be true or false'),
  'anything-but': faultOfAnythingBut,
  numeric: () => NOT_A_NUMBER,
};

const NOT_A_NUMBER = 'is for numbers: every attribute here is a text, and would never match';

/**
 * Reads a policy, and refuses policies that SNS refuses but the emulator accepts. The emulator checks the limits.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 *
 * @throws {RequestFault}
 */
function readFilterPolicy(json: string): FilterPolicy {
  let policy: unknown;
  try {
    policy = JSON.parse(json);
  } catch (error) {
    throw new RequestFault(`The policy is no JSON: ${(error as Error).message}`);
  }
  if (!isObject(policy)) throw new RequestFault('The policy must be a JSON object.');
  checkKeys(policy);
  return policy;
}

/** The attributes that a policy names. */
function attributesIn(policy: FilterPolicy): Set<string> {
  const { $or: groups, ...own } = policy;
  const others = Array.isArray(groups) ? groups.flatMap((group) => [...attributesIn(group)]) : [];
  return new Set([...Object.keys(own), ...others]);
}

function checkKeys(policy: FilterPolicy): void {
  for (const [key, conditions] of Object.entries(policy)) {
    if (key === '$or') checkGroups(conditions);
    else checkConditions(key, conditions);
  }
}

function checkGroups(groups: unknown): void {
  if (!Array.isArray(groups) || groups.length < 2 || !groups.every(isObject)) {
    throw new RequestFault('"$or" must be a list of two or more objects.');
  }
  groups.forEach(checkKeys);
}

function checkConditions(key: string, conditions: unknown): void {
  if (!Array.isArray(conditions) || conditions.length === 0) {
    throw new RequestFault(`"${key}" must be a list of what may match, such as ["a", "b"].`);
  }
  for (const condition of conditions) {
    const fault = faultOfCondition(condition);
    if (fault) throw new RequestFault(`"${key}": ${JSON.stringify(condition)} ${fault}.`);
  }
}

function faultOfCondition(condition: unknown): string | undefined {
  if (typeof condition === 'number') return `${NOT_A_NUMBER}; write it in quotes`;
  if (!isObject(condition)) return Array.isArray(condition) ? 'is a list in a list' : undefined;
  const [[operator, operand] = ['', undefined], ...others] = Object.entries(condition);
  const check = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (!check || others.length > 0) {
    return `must have exactly one of ${Object.keys(OPERATORS).join(', ')}`;
  }
  return check(operand);
}

function faultOfAnythingBut(operand: unknown): string | undefined {
  if (isObject(operand)) {
    const [[operator, value] = ['', undefined], ...others] = Object.entries(operand);
    const isKnown = ['prefix', 'suffix', 'wildcard'].includes(operator) && others.length === 0;
    return isKnown ? text(value) : 'may have a prefix, a suffix or a wildcard, and one of them';
  }
  const values = Array.isArray(operand) ? operand : [operand];
  return values.length > 0 && values.every((value) => typeof value === 'string')
    ? undefined
    : 'must be followed by a text, or a list of texts';
}

function text(operand: unknown): string | undefined {
  return typeof operand === 'string' ? undefined : 'must be followed by a text';
}

function isObject(value: unknown): value is FilterPolicy {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

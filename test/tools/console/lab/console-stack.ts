import {
  DeleteItemCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import { expect, vi } from 'vitest';
import type { Chaos } from '../../../../tools/console/lab-protocol.ts';
import {
  API_PATH,
  type AwsCallView,
  type MessageDetail,
  type TimelineEvent,
} from '../../../../tools/console/protocol.ts';
import { clientOf } from '../../../../tools/local/aws.ts';
import { createTables } from '../../../../tools/local/dynamodb.ts';
import type { LocalStack, LocalStackOptions } from '../../../../tools/local/stack.ts';
import { postForm, startTestStack } from '../../../helpers/local-stack.ts';

export const CALM: Chaos = {
  snsDown: false,
  dynamodbDelayMs: 0,
  dropPutAnswer: false,
  killBeforePublish: false,
};

/** A local stack with the console, and what a test asks of it as the page does. */
export class ConsoleStack implements AsyncDisposable {
  readonly stack: LocalStack;
  readonly #dynamodb: DynamoDBClient;

  static async start(options: LocalStackOptions = {}): Promise<ConsoleStack> {
    return new ConsoleStack(await startTestStack({ console: true, ...options }));
  }

  private constructor(stack: LocalStack) {
    this.stack = stack;
    this.#dynamodb = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  }

  /** Asks the page's server. */
  ask(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<Response> {
    return fetch(this.stack.url + API_PATH + path, {
      method,
      headers: { origin: this.stack.url, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** What it answers. */
  async get<T>(path: string): Promise<T> {
    const answer = await this.ask('GET', path);
    expect(answer.status).toBe(200);
    return (await answer.json()) as T;
  }

  async post<T>(path: string, body: unknown = {}): Promise<T> {
    const answer = await this.ask('POST', path, body);
    const text = await answer.text();
    expect(answer.ok, text).toBe(true);
    return (text && JSON.parse(text)) as T;
  }

  async chaos(chaos: Partial<Chaos>): Promise<void> {
    const answer = await this.ask('PUT', 'chaos', { ...CALM, ...chaos });
    expect(answer.ok, await answer.text()).toBe(true);
  }

  /** Posts a message to the webhook once: its status. */
  async deliver(message_id: string, body = 'Hello'): Promise<number> {
    const form = { message_id, from: '+61491570006', sms_number: '+61491570156', body };
    return (await postForm(this.stack.webhookUrl, form)).status;
  }

  async timeline(messageId: string): Promise<readonly TimelineEvent[]> {
    return (await this.get<MessageDetail>(`messages/${messageId}`)).timeline;
  }

  /** The calls about a message: `publish: not reachable`, or only the purpose where all went well. */
  async calls(messageId: string): Promise<string[]> {
    return (await this.timeline(messageId)).filter(isCall).map(callText);
  }

  /** Its timeline, when it has arrived so many times. */
  async arrived(messageId: string, times = 1): Promise<readonly TimelineEvent[]> {
    return vi.waitFor(async () => {
      const timeline = await this.timeline(messageId);
      expect(timeline.filter(({ kind }) => kind === 'delivered')).toHaveLength(times);
      return timeline;
    }, 5_000);
  }

  /** Takes all records away without deleting any. */
  async emptyTable(): Promise<void> {
    const TableName = this.stack.tableName;
    await this.#dynamodb.send(new DeleteTableCommand({ TableName }));
    const often = { minDelay: 0.05, maxDelay: 0.05, maxWaitTime: 10 };
    await waitUntilTableNotExists({ client: this.#dynamodb, ...often }, { TableName });
    await createTables(this.stack.template, this.stack.dynamodbEndpoint);
  }

  async remove(messageId: string): Promise<void> {
    const TableName = this.stack.tableName;
    await this.#dynamodb.send(new DeleteItemCommand({ TableName, Key: keyOf(messageId) }));
  }

  /** Makes a record as old as one whose claim has ended and that the sweeper may take. */
  async age(messageId: string): Promise<void> {
    const key = { TableName: this.stack.tableName, Key: keyOf(messageId) };
    const { Item } = await this.#dynamodb.send(new GetItemCommand(key));
    const claim = Item?.claim_until ? ', claim_until = :long_ago' : '';
    await this.#dynamodb.send(
      new UpdateItemCommand({
        ...key,
        UpdateExpression: `SET received_at = :long_ago${claim}`,
        ExpressionAttributeValues: { ':long_ago': { N: '1000' } },
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#dynamodb.destroy();
    await this.stack.close();
  }
}

function keyOf(messageId: string) {
  return { message_id: { S: messageId } };
}

function isCall(event: TimelineEvent): event is { readonly kind: 'call' } & AwsCallView {
  return event.kind === 'call';
}

function callText({ purpose, error }: AwsCallView): string {
  return error === undefined ? purpose : `${purpose}: ${error}`;
}

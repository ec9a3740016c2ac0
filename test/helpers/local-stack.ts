import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import {
  type LocalStack,
  type LocalStackOptions,
  startLocalStack,
} from '../../tools/local/stack.ts';
import { type TopicMessage, TopicQueue } from '../../tools/local/topic-queue.ts';
import { checkContract } from './notification-contract.ts';

/** This test run's package, which is made once: see `package-once.ts`. */
export function packageDir(): string {
  const { directory, error } = inject('servicePackage');
  if (error) throw new Error(error);
  return directory;
}

/** The test's own in-memory stack on free ports. It runs only what the options ask for. */
export function startTestStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  return startLocalStack({ packageDir: packageDir(), schedules: false, ...options });
}

/** Posts a form as the PBX does. A text is sent unchanged. */
export function postForm(
  url: string,
  fields: string | Readonly<Record<string, string>>,
): Promise<Response> {
  const body = typeof fields === 'string' ? fields : String(new URLSearchParams(fields));
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return fetch(url, { method: 'POST', headers, body });
}

export interface SubscribedQueue extends AsyncDisposable {
  /** The next `count` notifications. @throws {Error} If fewer come in time. */
  receive(count: number, options?: { withinMs?: number }): Promise<TopicMessage[]>;
  /** All notifications that have arrived and were not received yet. The emulator delivers at once. */
  all(): Promise<TopicMessage[]>;
  /** Unsubscribes, and deletes the queue. */
  close(): Promise<void>;
}

/**
 * Subscribes a new SQS queue to the stack's topic, with the real SDK. A service's notifications are
 * compared with the contract, and a fault fails the receiving test. On a bare topic, the test may publish
 * anything.
 */
export async function subscribeQueue(
  stack: Pick<LocalStack, 'snsEndpoint' | 'topicArn'> & Partial<Pick<LocalStack, 'webhookUrl'>>,
  options: { filterPolicy?: Readonly<Record<string, unknown>>; raw?: boolean } = {},
): Promise<SubscribedQueue> {
  const { snsEndpoint: endpoint, topicArn } = stack;
  const queueName = `test-${randomUUID()}`;
  const queue = await TopicQueue.subscribe({ endpoint, topicArn, queueName, ...options });
  const arrived: TopicMessage[] = [];
  const isService = stack.webhookUrl !== undefined;
  const checked = (notifications: TopicMessage[]) =>
    isService ? checkContract(notifications) : notifications;

  async function receive(count: number, { withinMs = 5_000 } = {}): Promise<TopicMessage[]> {
    const deadline = Date.now() + withinMs;
    while (arrived.length < count && Date.now() < deadline) {
      arrived.push(...checked(await queue.receive({ waitMs: deadline - Date.now() })));
    }
    if (arrived.length < count) {
      throw new Error(`${arrived.length} of ${count} notifications arrived in ${withinMs} ms`);
    }
    return arrived.splice(0, count);
  }

  async function all(): Promise<TopicMessage[]> {
    for (let more = await queue.receive(); more.length > 0; more = await queue.receive()) {
      arrived.push(...checked(more));
    }
    return arrived.splice(0);
  }

  const close = () => queue.remove();
  return { receive, all, close, [Symbol.asyncDispose]: close };
}

import { createServer } from 'node:http';
import { type FaultProxy, startFaultProxy } from '../../../tools/local/fault-proxy.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import type { LocalStack } from '../../../tools/local/stack.ts';
import { STACK_PATH, type StackDescription } from '../../../tools/local/stack-description.ts';

export interface FaultyAws extends AsyncDisposable {
  /** What `--local` takes: the stack, with the proxies where its services are. */
  readonly url: string;
  readonly dynamodb: FaultProxy;
  readonly sns: FaultProxy;
}

/** Lets commands reach a local stack's services through fault proxies. */
export async function startFaultyAws(stack: LocalStack): Promise<FaultyAws> {
  await using started = new AsyncDisposableStack();
  const dynamodb = started.use(await startFaultProxy({ target: stack.dynamodbEndpoint }));
  const sns = started.use(await startFaultProxy({ target: stack.snsEndpoint }));
  const answer = await fetch(stack.url + STACK_PATH);
  const description = (await answer.json()) as StackDescription;
  const endpoints = { dynamodb: dynamodb.url, sns: sns.url, sqs: sns.url };
  const altered = { ...description, endpoints: { ...description.endpoints, ...endpoints } };
  const server = createServer((_, response) => void response.end(JSON.stringify(altered)));
  const url = `http://localhost:${await listen(server)}`;
  started.defer(() => hangUp(server));
  const running = started.move();
  return { url, dynamodb, sns, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/**
 * A front for dynalite, which does not support `ReturnValuesOnConditionCheckFailure: ALL_OLD`. It adds the
 * item to the failure, as DynamoDB does, so that tests count the calls that DynamoDB would get.
 */
export interface AllOldFront extends AsyncDisposable {
  readonly url: string;
  setTarget(url: string): void;
}

export async function startAllOldFront(): Promise<AllOldFront> {
  let target = '';
  const call = (operation: string, headers: Record<string, string>, body: string) =>
    fetch(target, {
      method: 'POST',
      headers: { ...headers, 'x-amz-target': `DynamoDB_20120810.${operation}` },
      body,
    });

  const server = createServer(async (request, response) => {
    try {
      const body = await text(request);
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
      const headers = {
        authorization: String(request.headers.authorization),
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-date': String(request.headers['x-amz-date']),
      };
      const answer = await call(operation, headers, body);
      let answered = await answer.text();
      const { TableName, Item, Key, ReturnValuesOnConditionCheckFailure } = JSON.parse(body);
      if (
        answered.includes('ConditionalCheckFailed') &&
        ReturnValuesOnConditionCheckFailure === 'ALL_OLD'
      ) {
        const key = Key ?? { message_id: Item.message_id };
        const read = JSON.stringify({ TableName, Key: key, ConsistentRead: true });
        const inPlace = await (await call('GetItem', headers, read)).json();
        answered = JSON.stringify({ ...JSON.parse(answered), ...(inPlace as object) });
      }
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(answered);
    } catch {
      response.destroy();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setTarget: (url) => {
      target = url;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

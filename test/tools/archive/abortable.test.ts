import { createServer } from 'node:http';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { expect, it, onTestFinished, vi } from 'vitest';
import { abortable } from '../../../tools/archive/abortable.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';

it('ends a call and its request with the signal’s reason', async () => {
  const asked = vi.fn();
  const closed = Promise.withResolvers<void>();
  const server = createServer((request) => {
    asked();
    request.socket.once('close', closed.resolve);
  });
  const endpoint = `http://localhost:${await listen(server)}`;
  const client = new DynamoDBClient(clientOf(endpoint));
  onTestFinished(async () => {
    client.destroy();
    await hangUp(server);
  });
  const stopping = new AbortController();
  const call = abortable(stopping.signal, (abort) => client.send(new ListTablesCommand({}), abort));
  const failed = expect(call).rejects.toThrow('enough');
  await vi.waitFor(() => expect(asked).toHaveBeenCalled());
  stopping.abort(new Error('enough'));
  await failed;
  await closed.promise;
});

it('makes no call once the signal has aborted', async () => {
  const call = vi.fn();
  await expect(abortable(AbortSignal.abort(new Error('over')), call)).rejects.toThrow('over');
  expect(call).not.toHaveBeenCalled();
});

it('does not change the call without a signal, or while it does not abort', async () => {
  const { signal } = new AbortController();
  expect(await abortable(undefined, async (options) => options)).toEqual({});
  expect(await abortable(signal, async (options) => options)).toEqual({ abortSignal: signal });
  await expect(abortable(signal, () => Promise.reject(new Error('failed')))).rejects.toThrow(
    'failed',
  );
});

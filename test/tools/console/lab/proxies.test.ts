import { createServer } from 'node:http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startLocalConsole } from '../../../../tools/console/lab/local-console.ts';
import type { FaultProxy, startFaultProxy } from '../../../../tools/local/fault-proxy.ts';
import { hangUp, listen } from '../../../../tools/local/listen.ts';

const started = vi.hoisted((): FaultProxy[] => []);
vi.mock('../../../../tools/local/fault-proxy.ts', async (importOriginal) => {
  const original = await importOriginal<{ startFaultProxy: typeof startFaultProxy }>();
  return {
    ...original,
    startFaultProxy: async (...args: Parameters<typeof startFaultProxy>) => {
      const proxy = await original.startFaultProxy(...args);
      started.push(proxy);
      return proxy;
    },
  };
});

it('the proxies of a console keep the latest calls only, however long it runs', async () => {
  const service = createServer((request, response) => {
    request.resume().on('end', () => response.end('{}'));
  });
  const url = `http://127.0.0.1:${await listen(service)}`;
  onTestFinished(() => hangUp(service));
  await using running = await startLocalConsole({ dynamodb: url, sns: url });
  for (const endpoint of Object.values(running.endpoints)) {
    for (let n = 0; n < 102; n++) {
      await fetch(endpoint, { method: 'POST', body: 'Action=GetTopicAttributes' });
    }
  }
  expect(started.map(({ url }) => url)).toEqual(Object.values(running.endpoints));
  for (const { calls } of started) {
    expect(calls).toHaveLength(100);
    expect(calls.at(-1)?.index).toBe(101);
  }
});

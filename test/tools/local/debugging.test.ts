import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { PortInUseError } from '../../../tools/local/listen.ts';
import { StartError } from '../../../tools/local/settings.ts';
import type { LocalStack, LocalStackOptions } from '../../../tools/local/stack.ts';
import { someForm } from '../../fixtures/webhook-event.ts';
import { postForm, startTestStack } from '../../helpers/local-stack.ts';
import { watchDelays } from '../../helpers/node-modules.ts';

const SOURCE = new URL('../../../lib/webhook.ts', import.meta.url);

interface DebuggerEvent {
  readonly method: string;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's own.
  readonly params: any;
}

/** A debugger with the inspector's protocol. */
async function attach(address: string) {
  const [target] = (await (await fetch(`http://${address}/json/list`)).json()) as {
    webSocketDebuggerUrl: string;
  }[];
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
  await once(socket, 'open');
  onTestFinished(() => socket.close());
  const answers = new Map<number, (result: unknown) => void>();
  const events: DebuggerEvent[] = [];
  const listeners = new Set<() => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result, ...event } = JSON.parse(String(data));
    if (id !== undefined) answers.get(id)?.(result);
    else events.push(event);
    for (const listener of listeners) listener();
  });
  let id = 0;
  return {
    // biome-ignore lint/suspicious/noExplicitAny: the protocol's own.
    send(method: string, params: object = {}): Promise<any> {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      answers.set(++id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
      return promise;
    },
    /** The next event of this kind that was not returned yet. */
    async next(method: string, matches = (_: DebuggerEvent['params']) => true) {
      for (;;) {
        const index = events.findIndex((event) => event.method === method && matches(event.params));
        if (index >= 0) return events.splice(index, 1)[0]?.params;
        const { promise, resolve } = Promise.withResolvers<void>();
        listeners.add(resolve);
        await promise;
        listeners.delete(resolve);
      }
    },
  };
}

const addressOf = ({ debugTargets }: LocalStack, key: string) =>
  debugTargets.find(({ functionKey }) => functionKey === key)?.address ?? '';

/** Line and column, from 0, of a text in the source. */
async function positionOf(text: string): Promise<{ line: number; column: number }> {
  const lines = (await readFile(SOURCE, 'utf8')).split('\n');
  const line = lines.findIndex((each) => each.includes(text));
  return { line, column: lines[line]?.indexOf(text) ?? -1 };
}

const startDebugged = (options: LocalStackOptions = {}) =>
  startTestStack({ debug: { port: 0, waits: false }, ...options });

test('a breakpoint in lib/webhook.ts is hit, and no timeout ends anything', async () => {
  await using stack = await startDebugged();
  expect(stack.debugTargets.map(({ functionKey }) => functionKey)).toEqual([
    'receiveSms',
    'publishPending',
  ]);
  const client = await attach(addressOf(stack, 'receiveSms'));
  await client.send('Debugger.enable');
  const isBundle = ({ url }: { url: string }) => url.endsWith('/receive-sms.mjs');
  const script = await client.next('Debugger.scriptParsed', isBundle);

  // Uses the script's source map as a debugger does.
  const map = JSON.parse(await readFile(new URL(script.sourceMapURL, script.url), 'utf8'));
  expect(map.sources).toContain(SOURCE.href);
  expect(map.sources).toContain(new URL('../messages/delivery.ts', `${SOURCE}/`).href);
  const wanted = await positionOf('refuseOtherNumbers(message, isNumberAllowed');
  const generated = generatedPosition(map, SOURCE.href, wanted);
  const { breakpointId } = await client.send('Debugger.setBreakpoint', {
    location: { scriptId: script.scriptId, ...generated },
  });
  expect(breakpointId).toBeDefined();

  // The stack uses the moved clock, so none of its own timers may end the invocation.
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const delays = watchDelays();
  const answer = postForm(stack.webhookUrl, someForm());
  const { callFrames, hitBreakpoints } = await client.next('Debugger.paused');
  expect(hitBreakpoints).toEqual([breakpointId]);
  // API Gateway's timeout, which that clock does not move.
  const DAY_MS = 86_400_000;
  expect(delays.mock.calls.map(([ms]) => ms)).toContain(DAY_MS);
  const { lineNumber, columnNumber } = callFrames[0].location;
  const entry = new SourceMap(map).findEntry(lineNumber, columnNumber);
  expect(entry).toMatchObject({ originalSource: SOURCE.href, originalLine: wanted.line });
  const evaluated = await client.send('Debugger.evaluateOnCallFrame', {
    callFrameId: callFrames[0].callFrameId,
    expression: 'process.pid',
  });
  const pid = evaluated.result.value;

  // An hour later, API Gateway and Lambda would have given up long ago.
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  vi.useRealTimers();
  expect(process.kill(pid, 0)).toBe(true);
  await client.send('Debugger.resume');
  expect((await answer).status).toBe(200);
}, 60_000);

/** Where the code of a place in a source begins. */
function generatedPosition(
  map: ConstructorParameters<typeof SourceMap>[0],
  source: string,
  { line, column }: { line: number; column: number },
): { lineNumber: number; columnNumber: number } {
  const sourceMap = new SourceMap(map);
  for (let lineNumber = 0; lineNumber < 100; lineNumber++) {
    for (let columnNumber = 0; columnNumber < 150_000; columnNumber++) {
      const entry = sourceMap.findEntry(lineNumber, columnNumber);
      if (!('originalSource' in entry) || entry.generatedLine !== lineNumber) continue;
      const { originalSource, originalLine, originalColumn } = entry;
      if (originalSource !== source || originalLine !== line || originalColumn !== column) continue;
      return { lineNumber, columnNumber };
    }
  }
  throw new Error(`Nothing comes from ${source}:${line + 1}:${column + 1}`);
}

test('a function that waits for the debugger starts when one attaches', async () => {
  await using stack = await startDebugged({ debug: { port: 0, waits: true } });
  const answer = postForm(stack.webhookUrl, someForm());
  const client = await attach(addressOf(stack, 'receiveSms'));
  await client.send('Debugger.enable');
  await client.send('Runtime.runIfWaitingForDebugger');
  await client.next('Debugger.paused');
  await client.send('Debugger.resume');
  expect((await answer).status).toBe(200);
});

test('a killed process frees its port for the next one', async () => {
  await using stack = await startDebugged();
  const address = addressOf(stack, 'receiveSms');
  await attach(address);
  await stack.killInstances('receiveSms');
  expect((await postForm(stack.webhookUrl, someForm())).status).toBe(200);
  await attach(address);
});

test('a port that is in use is reported', async () => {
  await using first = await startDebugged();
  const port = Number(addressOf(first, 'receiveSms').split(':')[1]);
  await expect(startDebugged({ debug: { port, waits: false } })).rejects.toThrow(PortInUseError);
});

test('ports beyond the last one are refused', async () => {
  const debug = { port: 65_535, waits: false };
  await expect(startDebugged({ debug })).rejects.toThrow(
    new StartError('--inspect needs the ports from 65535 to 65536, and 65535 is the last one.'),
  );
});

test('.vscode/launch.json attaches to the addresses that npm start -- --inspect shows', async () => {
  const file = fileURLToPath(new URL('../../../.vscode/launch.json', import.meta.url));
  const { configurations, compounds } = JSON.parse(await readFile(file, 'utf8'));
  expect(configurations).toMatchObject([
    { name: 'receiveSms', request: 'attach', port: 9229, resolveSourceMapLocations: null },
    { name: 'publishPending', request: 'attach', port: 9230, resolveSourceMapLocations: null },
  ]);
  const names = configurations.map(({ name }: { name: string }) => name);
  expect(compounds).toMatchObject([{ name: 'Attach to the functions', configurations: names }]);
});

import { PassThrough } from 'node:stream';
import type { Runtime } from '../../../tools/cli/runtime.ts';

/** A runtime whose outputs are terminals of this width, to see what only a terminal shows. */
export function fakeTerminal(environment: Runtime['environment'] = {}, columns = 160) {
  const streams = [new PassThrough(), new PassThrough()].map((stream) =>
    Object.assign(stream, { isTTY: true, columns, getColorDepth: () => 8 }),
  );
  const [stdout, stderr] = streams as unknown as [NodeJS.WriteStream, NodeJS.WriteStream];
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const runtime: Runtime = {
    environment,
    directory: '/nowhere',
    projectDirectory: import.meta.dirname,
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout,
    stderr,
    signal: new AbortController().signal,
    goOnUnread: () => {},
  };
  const [read, readErrors] = streams.map((stream) => () => String(stream.read() ?? ''));
  /** Types it, as the answer to a question that comes later. */
  const answer = (line: string) => void stdin.write(`${line}\n`);
  return { runtime, read: read ?? String, readErrors: readErrors ?? String, answer };
}

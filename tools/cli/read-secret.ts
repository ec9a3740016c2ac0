import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { EXIT } from './cli-error.ts';
import { Interruption, type Runtime } from './runtime.ts';

/**
 * Reads a secret: at a terminal one line, which is not shown; elsewhere all of stdin, without the line break
 * at its end.
 */
export async function readSecret(
  runtime: Pick<Runtime, 'stdin' | 'stderr' | 'signal'>,
  prompt: string,
): Promise<string> {
  if (runtime.stdin.isTTY) return readHidden(runtime, prompt);
  return (await text(runtime.stdin)).replace(/\r?\n$/, '');
}

async function readHidden(
  { stdin, stderr, signal }: Pick<Runtime, 'stdin' | 'stderr' | 'signal'>,
  prompt: string,
): Promise<string> {
  stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // With `terminal: true`, this interface and not the terminal echoes the keys, and its output goes nowhere.
  using lines = createInterface({ input: stdin, output: nowhere, terminal: true });
  // The terminal sends no signal meanwhile: Ctrl-C comes as a key.
  const interrupted = once(lines, 'SIGINT').then(() => {
    throw new Interruption(EXIT.interrupted);
  });
  try {
    const ended = Promise.race([once(lines, 'line', { signal }), once(lines, 'close')]);
    const [line = ''] = await Promise.race([ended, interrupted]);
    return String(line);
  } finally {
    stderr.write('\n');
  }
}

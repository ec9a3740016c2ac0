import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { printable } from '../shared/terminal-text.ts';
import { CliError, EXIT, usageError } from './cli-error.ts';
import type { Runtime } from './runtime.ts';

const ANSWER = 'yes';

/**
 * Goes on only if a person at the terminal types `yes`.
 *
 * @param what What is about to happen, as a sentence. It may quote what a stranger wrote.
 * @throws {CliError} If nobody can be asked, or the answer is another one.
 */
export async function confirm(
  { stdin, stderr, signal }: Pick<Runtime, 'stdin' | 'stderr' | 'signal'>,
  what: string,
): Promise<void> {
  if (!stdin.isTTY || !stderr.isTTY) {
    throw usageError(what, 'Nobody can be asked here: add --yes if that is what you want.');
  }
  stderr.write(`${printable(what)}\nType "${ANSWER}" to go on: `);
  // Not as a terminal, which would take Ctrl-C for itself.
  using lines = createInterface({ input: stdin, terminal: false });
  const [answer = ''] = await Promise.race([once(lines, 'line', { signal }), once(lines, 'close')]);
  if (String(answer).trim().toLowerCase() === ANSWER) return;
  throw new CliError(EXIT.failed, 'Not confirmed: nothing was done.');
}

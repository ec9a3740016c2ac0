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
 * @throws {CliError} If there is no terminal, or the answer is not `yes`.
 */
export async function confirm(
  { stdin, stderr, signal }: Pick<Runtime, 'stdin' | 'stderr' | 'signal'>,
  what: string,
): Promise<void> {
  if (!stdin.isTTY || !stderr.isTTY) {
    throw usageError(
      `${what} Nothing was done: there is no terminal to confirm it.`,
      'To confirm it, add --yes.',
    );
  }
  stderr.write(`${printable(what)}\nType "${ANSWER}" to continue: `);
  // With `terminal: true`, the interface would take Ctrl-C for itself.
  using lines = createInterface({ input: stdin, terminal: false });
  const [answer = ''] = await Promise.race([once(lines, 'line', { signal }), once(lines, 'close')]);
  if (String(answer).trim().toLowerCase() === ANSWER) return;
  throw new CliError(EXIT.failed, 'Not confirmed. Nothing was done.');
}

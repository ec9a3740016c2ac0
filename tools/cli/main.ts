import { CommanderError } from '@commander-js/extra-typings';
import { maskTokens } from '../../infra/plugin/mask-token.js';
import { printable } from '../shared/terminal-text.ts';
import { readArguments } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import { explainError } from './explain-error.ts';
import { createProgram } from './program.ts';
import { Interruption, type Runtime } from './runtime.ts';
import { styled } from './terminal.ts';

/**
 * Runs one command line.
 *
 * @param args Without Node's and the script's own.
 * @returns The exit code: see exit-codes.ts, or 128 and the number of the signal that ended it.
 */
export async function main(args: readonly string[], runtime: Runtime): Promise<number> {
  let failure: unknown;
  try {
    const program = await createProgram(runtime, args);
    const { environment } = runtime;
    await program.parseAsync(readArguments(args, environment, program.commands), { from: 'user' });
  } catch (error) {
    failure = error;
  }
  await written(runtime.stdout);
  const isDone = failure === undefined && !runtime.signal.aborted;
  return isDone ? EXIT.done : exitCodeOf(failure, runtime);
}

/** A disk may be full only when the last of the output gets there. */
function written(stdout: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stdout.write('', () => resolve()));
}

/** Says what went wrong, unless the parser has said so already. */
function exitCodeOf(error: unknown, { signal, stderr }: Runtime): number {
  // Whatever else failed then, failed because of it.
  const cause = signal.aborted ? signal.reason : error;
  if (cause instanceof Interruption) return cause.exitCode;
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? EXIT.done : EXIT.usage;

  const expected = explainError(cause);
  if (!expected) {
    stderr.write(`${styled(stderr, 'red', 'error:')} This is a defect of inbound-sms.\n`);
    stderr.write(`${shown(cause instanceof Error ? String(cause.stack) : String(cause))}\n`);
    return EXIT.failed;
  }
  stderr.write(`${styled(stderr, 'red', 'error:')} ${shown(expected.message)}\n`);
  if (expected.hint) stderr.write(`${expected.hint}\n`);
  return expected.exitCode;
}

/** A message may quote a URL that was given, or what AWS said. */
function shown(text: string): string {
  return printable(maskTokens(text));
}

import { CommanderError } from '@commander-js/extra-typings';
import { maskTokens } from '../infra/plugin/mask-token.js';
import { printable } from '../lib/operations/terminal-text.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';
import { explainError } from './explain-error.ts';
import { expandLocalOption } from './local-option.ts';
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
  try {
    const program = await createProgram(runtime, args);
    await program.parseAsync(expandLocalOption(args, runtime.environment), { from: 'user' });
    return EXIT.done;
  } catch (error) {
    return exitCodeOf(error, runtime);
  }
}

/** Says what went wrong, unless the parser has said so already. */
function exitCodeOf(error: unknown, { signal, stderr }: Runtime): number {
  // Whatever else failed then, failed because of it.
  if (signal.aborted) return signal.reason instanceof Interruption ? signal.reason.exitCode : 1;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;

  const expected = error instanceof CliError ? error : explainError(error);
  if (!expected) {
    stderr.write(`${styled(stderr, 'red', 'error:')} This is a defect of inbound-sms.\n`);
    stderr.write(`${shown(error instanceof Error ? String(error.stack) : String(error))}\n`);
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

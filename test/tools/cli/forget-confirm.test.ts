import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirm } from '../../../tools/cli/confirm.ts';
import { fakeTerminal } from './fake-terminal.ts';

/** A person who types this after the question, and nothing else. */
function person(typed: string | null, signal = new AbortController().signal) {
  const { runtime, readErrors } = fakeTerminal();
  const keyboard = new PassThrough();
  if (typed === null) keyboard.end();
  else keyboard.write(typed);
  const stdin = Object.assign(keyboard, { isTTY: true }) as unknown as NodeJS.ReadStream;
  return { runtime: { ...runtime, stdin, signal }, readErrors };
}

describe('confirm', () => {
  it.each(['yes\n', ' YES \r\n'])('goes on with %j', async (typed) => {
    const { runtime, readErrors } = person(typed);
    await confirm(runtime, '3 messages will be deleted.');
    expect(readErrors()).toBe('3 messages will be deleted.\nType "yes" to continue: ');
    // Whoever reads on would keep the process alive.
    expect(runtime.stdin.isPaused()).toBe(true);
  });

  it('escapes control characters in the question', async () => {
    const { runtime, readErrors } = person('yes\n');
    await confirm(runtime, 'Messages from \x1b[2Jshop go.');
    expect(readErrors()).toContain('Messages from \\x1b[2Jshop go.\n');
  });

  it.each(['y\n', 'no\n', '\n', 'yes please\n', null])('does nothing with %j', async (typed) => {
    const { runtime } = person(typed);
    await expect(confirm(runtime, 'It goes.')).rejects.toMatchObject({
      message: 'Not confirmed. Nothing was done.',
      exitCode: 1,
    });
  });

  it.each(['stdin', 'stderr'] as const)('refuses if %s is not a terminal', async (stream) => {
    const { runtime, readErrors } = person('yes\n');
    runtime[stream].isTTY = false;
    await expect(confirm(runtime, 'It goes.')).rejects.toMatchObject({
      message: 'It goes. Nothing was done: there is no terminal to confirm it.',
      exitCode: 2,
    });
    expect(readErrors()).toBe('');
  });

  it('ends with the command', async () => {
    const stopping = new AbortController();
    const { runtime } = person('', stopping.signal);
    const asking = confirm(runtime, 'It goes.');
    stopping.abort();
    await expect(asking).rejects.toThrow('aborted');
  });
});

import { Writable } from 'node:stream';
import { expect, it, onTestFinished, vi } from 'vitest';
import { main } from '../../../tools/cli/main.ts';
import { Output, Progress } from '../../../tools/cli/output.ts';
import { fakeTerminal } from './fake-terminal.ts';

/** A reader that takes nothing until it is told to. */
function slowReader() {
  let take = () => {};
  const stdout = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => {
      take = done;
    },
  });
  return { stdout: stdout as unknown as NodeJS.WriteStream, take: () => take() };
}

it('waits while the reader is slower, and no longer than the command runs', async () => {
  const stopping = new AbortController();
  const { stdout, take } = slowReader();
  const output = new Output({ ...fakeTerminal().runtime, stdout, signal: stopping.signal }, {});
  let isDone = false;
  const writing = output.text('a').then(() => {
    isDone = true;
  });
  await new Promise(setImmediate);
  expect(isDone).toBe(false);
  take();
  await writing;
  const stopped = output.text('b');
  stopping.abort();
  await expect(stopped).rejects.toThrow('aborted');
});

it('for scripts is JSON that hides nothing, and errors only', async () => {
  const { runtime, read, readErrors } = fakeTerminal();
  const output = new Output(runtime, { json: true });
  await output.json({ text: 'a\x1b\x9b\u202e' });
  expect(read()).toBe('{"text":"a\\u001b\\u009b\\u202e"}\n');
  output.note('a note');
  output.progress('Reading').update(0.5);
  expect(readErrors()).toBe('');
});

it('of an error cannot command the terminal, and has a second line only if there is a hint', async () => {
  const { runtime, readErrors } = fakeTerminal();
  expect(await main(['list', '--local=\x1b]0;title\x07\x9b31mhere'], runtime)).toBe(2);
  const text = readErrors();
  expect(text).toMatch(
    /error:.* --local needs a URL such as http:\/\/localhost:3000, or a port such as 3000, not "\\x1b\]0;title\\x07\\x9b31mhere"\.\n$/,
  );
  expect(text).not.toMatch(/[\x07\x9b]|\x1b\]/);
});

it('has no colour in a pipe, with any environment', () => {
  const { runtime } = fakeTerminal();
  Object.assign(runtime.stdout, { isTTY: false });
  vi.stubEnv('FORCE_COLOR', '1');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(new Output(runtime, {}).style('red', 'a')).toBe('a');
  expect(new Output(fakeTerminal().runtime, {}).style('red', 'a')).toBe('\x1b[31ma\x1b[39m');
});

it.each([
  ['a terminal that says so', true, 132, 132],
  ['a terminal that does not know', true, 0, 80],
  ['no terminal', false, undefined, undefined],
])('has the width of %s', (_, isTTY, columns, width) => {
  const { runtime } = fakeTerminal();
  Object.assign(runtime.stdout, { isTTY, columns });
  expect(new Output(runtime, {}).width).toBe(width);
});

function shown(
  work: (progress: Progress) => void,
  options?: { silent: boolean },
  isTTY = true,
  columns = 60,
) {
  const { runtime, readErrors } = fakeTerminal({}, columns);
  {
    using progress = new Progress(Object.assign(runtime.stderr, { isTTY }), 'Reading', options);
    work(progress);
  }
  return readErrors();
}

it('is a bar on a terminal, and goes when the work is done', () => {
  expect(shown((progress) => progress.update(0.5, '7 of 14'))).toBe(
    `\r\x1b[KReading ${'█'.repeat(12)}${'░'.repeat(12)}  50% 7 of 14\r\x1b[K`,
  );
});

it.each([
  [0, `Reading ${'█'.repeat(6)}${'░'.repeat(18)}  25% 10 of 40`],
  [60, `Reading ${'█'.repeat(6)}${'░'.repeat(18)}  25% 10 of 40`],
  [40, 'Reading 25% 10 of 40'],
  [21, 'Reading 25% 10 of 40'],
  [20, '25% 10 of 40'],
  [12, '10 of 40'],
  [8, ''],
])('leaves out its bar first and cuts no number, on %d columns', (columns, line) => {
  const text = shown((progress) => progress.update(0.25, '10 of 40'), undefined, true, columns);
  expect(text.split('\r\x1b[K')[1]).toBe(line);
});

it('is never more than full', () => {
  expect(shown((progress) => progress.update(1.2))).toContain(`${'█'.repeat(24)} 100%`);
});

it('is not full before the work is done, and never less than empty', () => {
  expect(shown((progress) => progress.update(0.999))).toContain(' 99%');
  expect(shown((progress) => progress.update(-1))).toContain(`${'░'.repeat(24)}   0%`);
});

it('changes ten times a second at most', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1_000);
  onTestFinished(() => now.mockRestore());
  const text = shown((progress) => {
    for (const time of [1_000, 1_099, 1_100, 1_199, 1_200]) {
      now.mockReturnValue(time);
      progress.update(undefined, `at ${time}`);
    }
  });
  expect(text.match(/at \d+/g)).toEqual(['at 1000', 'at 1100', 'at 1200']);
});

it('that was never shown does not have to go', () => {
  expect(shown(() => {})).toBe('');
});

it('is a count if the end is not known', () => {
  expect(shown((progress) => progress.update(undefined, '7 found'))).toContain('Reading 7 found');
});

it.each([
  ['elsewhere than on a terminal', undefined, false],
  ['for scripts', { silent: true }, true],
])('is nothing %s', (_, options, isTTY) => {
  expect(shown((progress) => progress.update(0.5), options, isTTY)).toBe('');
});

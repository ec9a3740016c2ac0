import { expect, it, onTestFinished, vi } from 'vitest';
import { Progress } from '../../../tools/cli/progress.ts';
import { fakeTerminal } from './fake-terminal.ts';

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

it('is a count where nobody knows the end', () => {
  expect(shown((progress) => progress.update(undefined, '7 found'))).toContain('Reading 7 found');
});

it.each([
  ['elsewhere than on a terminal', undefined, false],
  ['for scripts', { silent: true }, true],
])('is nothing %s', (_, options, isTTY) => {
  expect(shown((progress) => progress.update(0.5), options, isTTY)).toBe('');
});

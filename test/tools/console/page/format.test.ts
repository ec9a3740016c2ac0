import { expect, it } from 'vitest';
import { aboutDuration, setTime } from '../../../../tools/console/page/ui/format.ts';

it.each([
  [0, 'less than 1 s'],
  [200, 'less than 1 s'],
  [1_400, 'about 1 s'],
  [98_200, 'about 98 s'],
  [200_000, 'about 3 min 20 s'],
])('%d ms by a clock with whole seconds is %j', (ms, text) => {
  expect(aboutDuration(ms)).toBe(text);
});

it('shows milliseconds of a set time only if it has some', () => {
  const at = new Date(2026, 10, 24, 17, 38).getTime();
  expect(setTime(at)).toBe('24 Nov 2026, 17:38:00');
  expect(setTime(at + 50)).toBe('24 Nov 2026, 17:38:00.050');
});

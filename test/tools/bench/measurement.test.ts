import { describe, expect, it } from 'vitest';
import {
  growthOf,
  isMet,
  type Measurement,
  tableOf,
} from '../../../tools/bench/compare/measurement.ts';
import { figure, sampleOf, table } from '../../../tools/bench/report.ts';
import { rowsOf } from './run-command.ts';

describe('a sample', () => {
  it('has the median and the quartiles, whatever the order', () => {
    const { median, quartiles, values } = sampleOf([5, 1, 4, 2, 3]);
    expect({ median, quartiles }).toEqual({ median: 3, quartiles: [2, 4] });
    expect(values).toEqual([5, 1, 4, 2, 3]);
    expect(sampleOf([1, 2]).median).toBe(1.5);
    expect(sampleOf([7])).toMatchObject({ median: 7, quartiles: [7, 7] });
  });

  it('of nothing is an error', () => {
    expect(() => sampleOf([])).toThrow('No values');
  });
});

it('knows how fast values grow, and how sure that is', () => {
  expect(growthOf([1, 3, 5, 7])).toEqual({ slope: 2, error: 0 });
  expect(growthOf([4, 4, 4])).toEqual({ slope: 0, error: 0 });
  expect(growthOf([9])).toEqual({ slope: 0, error: 0 });
  // Worked out by hand: residuals 1/3, -2/3, 1/3 around a slope of 0.
  expect(growthOf([1, 0, 1])).toEqual({ slope: 0, error: expect.closeTo(Math.sqrt(1 / 3)) });
});

it('knows whether a target is met', () => {
  const met = (value: number, is: 'at most' | 'at least' | 'exactly') =>
    isMet(value, { is, value: 2 });
  expect([1, 2, 3].map((value) => met(value, 'at most'))).toEqual([true, true, false]);
  expect([1, 2, 3].map((value) => met(value, 'at least'))).toEqual([false, true, true]);
  expect([1, 2, 3].map((value) => met(value, 'exactly'))).toEqual([false, true, false]);
});

describe('the table', () => {
  const cells = (measurement: Omit<Measurement, 'section' | 'name' | 'unit'>) => {
    const line = { section: 'cold', name: 'import', unit: 'ms', ...measurement };
    return rowsOf(tableOf([line], ['ours', 'floor']))[1];
  };

  it('has a column for each contender, and for what ours is of each other', () => {
    expect(rowsOf(tableOf([], ['ours', 'floor', 'naive']))).toEqual([
      ['measured', 'ours', 'floor', 'naive', 'ours/floor', 'ours/naive', 'target of ours'],
    ]);
  });

  it('shows medians with their spread, and ours as a part of the other', () => {
    const samples = { ours: sampleOf([10, 20, 30]), floor: sampleOf([40]) };
    expect(cells({ samples })).toEqual(['cold: import, ms', '20 (15–25)', '40', '0.50', '–']);
  });

  it('says whether a target is met', () => {
    const samples = { ours: sampleOf([9]), floor: sampleOf([10]) };
    expect(cells({ samples, ratioTargets: { floor: 0.8 } })?.[3]).toBe('0.90 > 0.80');
    expect(cells({ samples, ratioTargets: { floor: 0.9 } })?.[3]).toBe('0.90 ≤ 0.90');
    expect(cells({ samples, target: { is: 'at most', value: 9 } })?.[4]).toBe('at most 9: met');
    expect(cells({ samples, target: { is: 'at least', value: 10 } })?.[4]).toBe(
      'at least 10: missed',
    );
  });

  it('compares nothing with nothing', () => {
    expect(cells({ samples: { ours: sampleOf([1.234]) } })).toEqual([
      ...['cold: import, ms', '1.23', '–', '–', '–'],
    ]);
  });
});

it('a table has its columns aligned: the first is text, the others are figures', () => {
  const rows = [
    ['stored', 'milliseconds', 'x'],
    ['a few', figure(1_234.5), figure(2, 1)],
  ];
  expect(table(rows).split('\n')).toEqual([
    '| stored | milliseconds |   x |',
    '| ------ | -----------: | --: |',
    '| a few  |        1,235 | 2.0 |',
  ]);
});

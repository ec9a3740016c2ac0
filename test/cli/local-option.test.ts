import { expect, it } from 'vitest';
import { expandLocalOption } from '../../cli/local-option.ts';

it.each([
  [
    ['list', '--local'],
    ['list', '--local=http://localhost:3000'],
  ],
  [
    ['show', '--local', 'id'],
    ['show', '--local=http://localhost:3000', 'id'],
  ],
  [
    ['list', '--local', '--json'],
    ['list', '--local=http://localhost:3000', '--json'],
  ],
  [
    ['list', '--local', 'http://localhost:1', '--json'],
    ['list', '--local', 'http://localhost:1', '--json'],
  ],
  [
    ['list', '--local', 'https://localhost:1'],
    ['list', '--local', 'https://localhost:1'],
  ],
  [
    ['list', '--local=http://localhost:1'],
    ['list', '--local=http://localhost:1'],
  ],
  [
    ['show', '--', '--local'],
    ['show', '--', '--local'],
  ],
])('%j is %j', (args, expanded) => {
  expect(expandLocalOption(args, {})).toEqual(expanded);
});

it('is on the port of `npm start`', () => {
  expect(expandLocalOption(['--local'], { PORT: '3100' })).toEqual([
    '--local=http://localhost:3100',
  ]);
  expect(expandLocalOption(['--local'], { PORT: '' })).toEqual(['--local=http://localhost:3000']);
});

import { expect, it } from 'vitest';
import { readArguments } from '../../../tools/cli/arguments.ts';

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
    ['list', '--local', 'localhost:3500'],
    ['list', '--local', 'localhost:3500'],
  ],
  [
    ['list', '--local', '[::1]:3500'],
    ['list', '--local', '[::1]:3500'],
  ],
  [
    ['show', '--local', 'id:1'],
    ['show', '--local=http://localhost:3000', 'id:1'],
  ],
  [
    ['list', '--aws-profile', 'work'],
    ['list', '--profile', 'work'],
  ],
  [
    ['list', '--aws-profile=a=b'],
    ['list', '--profile=a=b'],
  ],
  [
    ['show', '--', '--aws-profile'],
    ['show', '--', '--aws-profile'],
  ],
  [
    ['show', '--', '--local'],
    ['show', '--', '--local'],
  ],
])('%j is %j', (args, expanded) => {
  expect(readArguments(args, {})).toEqual(expanded);
});

it('is on the port of `npm start`', () => {
  expect(readArguments(['--local'], { PORT: '3100' })).toEqual(['--local=http://localhost:3100']);
  expect(readArguments(['--local'], { PORT: '' })).toEqual(['--local=http://localhost:3000']);
});

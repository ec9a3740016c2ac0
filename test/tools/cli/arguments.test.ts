import { expect, it } from 'vitest';
import { createProgram, readArguments } from '../../../tools/cli/main.ts';
import { fakeTerminal } from './fake-terminal.ts';

async function read(args: string[], environment = {}) {
  const { commands } = await createProgram(fakeTerminal().runtime, args);
  return readArguments(args, environment, commands);
}

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
    ['show', '--local', ':3500', 'id'],
    ['show', '--local', ':3500', 'id'],
  ],
  [
    ['show', '--local', 'ftp://x', 'id'],
    ['show', '--local', 'ftp://x', 'id'],
  ],
  [
    ['show', '--local', '', 'id'],
    ['show', '--local', '', 'id'],
  ],
  [
    ['list', '--local', '3500'],
    ['list', '--local', '3500'],
  ],
  [
    ['list', '--local', 'here'],
    ['list', '--local', 'here'],
  ],
  [['help', 'nope', '--json'], ['nope']],
  [['nope', '--help'], ['nope']],
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
    ['send', '--from', 'constructor', '--body', '__proto__'],
    ['send', '--from', 'constructor', '--body', '__proto__'],
  ],
  [
    ['show', '--', '--aws-profile'],
    ['show', '--', '--aws-profile'],
  ],
  [
    ['show', '--', '--local'],
    ['show', '--', '--local'],
  ],
])('%j is %j', async (args, expanded) => {
  expect(await read(args)).toEqual(expanded);
});

it('is on the port of `npm start`', async () => {
  expect(await read(['--local'], { PORT: '3100' })).toEqual(['--local=http://localhost:3100']);
  expect(await read(['--local'], { PORT: '' })).toEqual(['--local=http://localhost:3000']);
});

it('asks which is meant where a number may be a port or an argument', async () => {
  await expect(read(['show', '--local', '3500', 'id'])).rejects.toThrow(
    '"3500" after --local may be a port or an argument.',
  );
  for (const args of [
    ['show', '3500', '--local'],
    ['show', '--local=3500', 'id'],
    ['forget', '--local', '+61491570006'],
  ]) {
    await expect(read(args)).resolves.toBeDefined();
  }
});

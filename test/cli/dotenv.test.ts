import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadDotenv } from '../../cli/dotenv.ts';
import { temporaryDir } from '../local/temporary-dir.ts';

async function loaded(files: Record<string, string>, environment: Record<string, string> = {}) {
  const directory = await temporaryDir();
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  loadDotenv('prod', directory, environment);
  return environment;
}

it('adds what is not set yet', async () => {
  const files = { '.env': 'A=1\n# comment\nB="two words"\n' };
  expect(await loaded(files, { A: 'set' })).toEqual({ A: 'set', B: 'two words' });
});

it('takes the file of the stage instead, if there is one', async () => {
  expect(await loaded({ '.env': 'A=1\nB=1', '.env.prod': 'A=2', '.env.dev': 'A=3' })).toEqual({
    A: '2',
  });
});

it('adds nothing without a file', async () => {
  expect(await loaded({})).toEqual({});
});

it('does not take a file that cannot be read for none', async () => {
  const directory = await temporaryDir();
  await mkdir(join(directory, '.env'));
  expect(() => loadDotenv('prod', directory, {})).toThrow('EISDIR');
});

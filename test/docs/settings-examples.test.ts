import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSettings } from '../../infra/plugin/check-settings.js';
import { readSubscribers } from '../../infra/plugin/subscribers.js';
import { read } from '../helpers/documented-commands.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

const DOCUMENTS = ['README.md', 'docs/deploy.md', 'docs/subscribers.md'];

/** The examples' texts, without the indentation of lists around them. */
const examples = DOCUMENTS.flatMap((file) =>
  [...read(file).matchAll(/^( *)```yaml\n([\s\S]*?)^ *```$/gm)].map(
    ([, indent = '', text = ''], index) =>
      [`${file} ${index}`, text.replace(new RegExp(`^${indent}`, 'gm'), '')] as const,
  ),
);

const validate = new Ajv({ strict: false }).compile(JSON.parse(read('docs/settings.schema.json')));

/** An example's subscribers, by stage, as packaging reads them. */
async function subscribersOf(text: string) {
  const directory = await temporaryDir();
  await writeFile(join(directory, 'settings.yml'), text);
  const file = readSettings(directory);
  return Object.keys(file.sections).flatMap((stage) => readSubscribers(file, stage));
}

describe('each settings.yml that a document shows', () => {
  it('is found in each document', () => {
    expect(new Set(examples.map(([name]) => name.split(' ')[0]))).toEqual(new Set(DOCUMENTS));
  });

  it.each(examples)('names the schema for editors in its first line, in %s', (_, text) => {
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=docs/settings.schema.json');
  });

  it.each(examples)('is accepted by the schema and by packaging, in %s', async (_, text) => {
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
    await expect(subscribersOf(text)).resolves.toEqual(expect.any(Array));
  });

  it('has each kind of subscriber', async () => {
    const all = await Promise.all(examples.map(([, text]) => subscribersOf(text)));
    expect(new Set(all.flat().map(({ kind }) => kind))).toEqual(
      new Set(['email', 'slack', 'teams', 'https', 'queue']),
    );
  });
});

it.each(['README.md 0', 'docs/subscribers.md 0', 'docs/subscribers.md 1'])(
  'an example to copy has no filter on a made-up number: %s',
  async (name) => {
    const [, text = ''] = examples.find(([each]) => each === name) ?? [];
    const subscribers = await subscribersOf(text);
    expect(subscribers.map(({ kind }) => kind)).toContain('slack');
    expect(subscribers.filter(({ filterPolicy }) => filterPolicy)).toEqual([]);
  },
);

describe('docs/subscribers.md', () => {
  it.each([
    ['50 numbers', 50, 0, true],
    ['51 numbers', 51, 0, false],
    ['4 in `to` with 4 in `from`', 4, 4, true],
    ['5 in `to` with 4 in `from`', 5, 4, false],
  ])('says how many fit: %s', async (_, to, from, fits) => {
    const numbers = (count: number) =>
      JSON.stringify(Array.from({ length: count }, (_, index) => `+${61_491_570_100 + index}`));
    const text = `prod:\n  subscribers:\n    a:\n      queue: true\n      to: ${numbers(to)}\n${from ? `      from: ${numbers(from)}\n` : ''}`;
    const taken = await subscribersOf(text).then(
      () => true,
      () => false,
    );
    expect(taken).toBe(fits);
  });
});

import { readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SWITCHES } from '../../tools/console/page/chaos/chaos.ts';
import { sectionsOf } from '../../tools/console/page/shell/sections.ts';

const DOCS = new URL('../../docs/', import.meta.url);
const document = await readFile(new URL('console.md', DOCS), 'utf8');

/** The part under a heading, up to the next heading of the same level. */
const section = (heading: string) =>
  document.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';

describe('docs/console.md', () => {
  it.each(sectionsOf(true))('has a section on $label', ({ label }) => {
    expect(section(label)).not.toBe('');
  });

  it('has exactly the chaos switches', () => {
    const [, ...rows] = [...section('Chaos').matchAll(/^\| ([^-].*?) +\|/gm)];
    const labels = SWITCHES.map(({ label }) => label);
    expect(rows.map(([, name]) => name)).toEqual([...labels, 'DynamoDB is slow']);
  });
});

it.each([
  ['docs/console.md', DOCS],
  ['README.md', new URL('../', DOCS)],
] as const)('%s shows existing pictures, light and dark', async (name, folder) => {
  const text = await readFile(new URL(`../${name}`, DOCS), 'utf8');
  const shown = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, path]) => path ?? '');
  const light = shown(/src="([^"]+\.png)"/g);
  const dark = shown(/media="\(prefers-color-scheme: dark\)" srcset="([^"]+\.png)"/g);
  expect(light.length).toBeGreaterThan(0);
  expect(dark).toEqual(light.map((path) => path.replace(/\.png$/, '-dark.png')));
  for (const path of [...light, ...dark]) {
    const { size } = await stat(new URL(path, folder));
    expect(size).toBeLessThan(150_000);
  }
});

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { read } from '../helpers/documented-commands.ts';

const ROOT = new URL('../../', import.meta.url);
const foldersIn = (folder: string) =>
  readdirSync(fileURLToPath(new URL(folder, ROOT)), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}${name}/`);

it('docs/architecture.md says what each folder of the product and of the tools holds', () => {
  const [, section = ''] = read('docs/architecture.md').split('\n## The parts\n');
  const listed = [...section.matchAll(/^\| `([\w/-]+\/)` +\| \S/gm)].map(([, folder]) => folder);
  const folders = [...foldersIn('lib/'), ...foldersIn('tools/')];
  expect(folders.length).toBeGreaterThan(10);
  expect(listed).toEqual(expect.arrayContaining(folders));
});

import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

/** Permissive licences, and the MPL, whose terms cover only its own files. */
const ALLOWED = new Set([
  ...[
    '0BSD',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BlueOak-1.0.0',
    'ISC',
    'MIT',
    'MIT-0',
    'Unlicense',
  ],
  ...['MPL-2.0', 'PSF-2.0', 'Python-2.0'],
]);

interface Package {
  readonly license?: unknown;
  readonly hasInstallScript?: boolean;
}

const readJson = async (name: string) =>
  JSON.parse(await readFile(new URL(`../${name}`, import.meta.url), 'utf8'));
const packages: Readonly<Record<string, Package>> = (await readJson('package-lock.json')).packages;

/** The packages with another licence, or without a known one. */
function refused(packages: Readonly<Record<string, Package>>): string[] {
  return Object.entries(packages)
    .filter(([, { license }]) => !isAllowed(license))
    .map(([path, { license }]) => `${path}: ${license}`);
}

/** It supports only a choice between licences in an SPDX expression. A person must read anything else. */
function isAllowed(license: unknown): boolean {
  if (typeof license !== 'string') return false;
  return license
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((choice) => ALLOWED.has(choice));
}

it('every installed package has a licence of the list', () => {
  const { '': ours, ...others } = packages;
  expect(ours?.license).toBe('MIT');
  expect(others['node_modules/@aws-sdk/client-sns']).toMatchObject({ license: 'Apache-2.0' });
  expect(Object.keys(others).length).toBeGreaterThan(300);
  expect(refused(others)).toEqual([]);
});

it.each([
  ['MIT OR GPL-3.0-only', true],
  ['(MIT OR Apache-2.0)', true],
  ['AGPL-3.0-or-later', false],
  ['GPL-2.0-only OR LGPL-3.0-or-later', false],
  ['MIT AND GPL-3.0-only', false],
  ['MITX', false],
  ['SEE LICENSE IN LICENSE', false],
  ['UNLICENSED', false],
  [undefined, false],
  [{ type: 'MIT' }, false],
])('the licence %j is on the list: %j', (license, expected) => {
  expect(refused({ a: { license } })).toHaveLength(expected ? 0 : 1);
});

/** npm 12 runs only allowed install scripts: https://docs.npmjs.com/cli/v11/commands/npm-approve-scripts */
it('each install script of a package is allowed or denied in package.json', async () => {
  const { allowScripts } = await readJson('package.json');
  const withScript = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.split('node_modules/').at(-1));
  expect(withScript).toContain('node');
  expect(Object.keys(allowScripts).toSorted()).toEqual([...new Set(withScript)].toSorted());
});

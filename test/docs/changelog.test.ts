import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const HEADINGS = [...read('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map(([, text = '']) => text);
const RELEASED = HEADINGS.filter((heading, index) => index > 0 || heading !== 'Unreleased');
const VERSIONS = RELEASED.map((heading) => heading.split(' ')[0] ?? '');
const { version } = JSON.parse(read('package.json'));

it('names each version with its date, the newest first', () => {
  expect(RELEASED.filter((heading) => !/^\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d$/.test(heading))).toEqual(
    [],
  );
  const byNumber = new Intl.Collator('en', { numeric: true });
  expect(VERSIONS.toSorted(byNumber.compare).toReversed()).toEqual(VERSIONS);
});

it('has the version of the project, and nothing later but the one that is about to be released', () => {
  expect(VERSIONS.slice(0, 2)).toContain(version);
});

it('is of the version that the lockfile has', () => {
  const lock = JSON.parse(read('package-lock.json'));
  expect([lock.version, lock.packages[''].version]).toEqual([version, version]);
});

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anchorsOf } from '../helpers/headings.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const documents = (pattern: string) =>
  globSync(pattern, { cwd: ROOT }).map((file) => file.replaceAll('\\', '/'));

const GUIDES = [...documents('*.md'), ...documents('docs/*.md')];

describe.each([...GUIDES, ...documents('docs/decisions/*.md')])('the links of %s', (file) => {
  const targets = [...read(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(
    ([, target = '']) => target,
  );

  it('lead to existing files and headings', () => {
    for (const target of targets) {
      const [path = '', anchor] = target.split('#');
      const { pathname } = new URL(path || `/${file}`, `file:///${file}`);
      expect(existsSync(join(ROOT, pathname)), target).toBe(true);
      if (anchor === undefined) continue;
      // A link to a folder shows its README.
      const document = pathname.endsWith('.md') ? pathname : join(pathname, 'README.md');
      expect(anchorsOf(read(document)), target).toContain(anchor);
    }
  });
});

/** A file of an older version, which the upgrade guide names. */
const GONE = ['infra/parameters.yml'];

/** Files and folders that a text names as code, from the root of the project. */
function pathsIn(text: string): string[] {
  const path = /`((?:bin|docs|examples|functions|infra|lib|test|tools)\/[\w./-]*)`/g;
  return [...text.matchAll(path)].map(([, name = '']) => name);
}

// The changelog and the decisions also name files of the past.
describe.each(GUIDES.filter((file) => file !== 'CHANGELOG.md'))(
  'the files that %s names',
  (file) => {
    it('exist', () => {
      expect(
        pathsIn(read(file)).filter((path) => !GONE.includes(path) && !existsSync(join(ROOT, path))),
      ).toEqual([]);
    });
  },
);

const SOURCES = [
  '*.yml',
  '.env.example',
  '{bin,examples,functions,infra,lib,tools}/**/*.{js,ts,tsx,yml}',
];

it('the headings that errors, hints and comments name are there', () => {
  const named = SOURCES.flatMap(documents).flatMap((file) =>
    // A place that is put together, such as `#${section}`, has tests of its own.
    [...read(file).matchAll(/\b(docs\/[\w-]+\.md)#([\w-]+)/g)].map(
      ([, path = '', anchor = '']) => ({ file, path, anchor }),
    ),
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter(({ path, anchor }) => !anchorsOf(read(path)).includes(anchor))).toEqual([]);
});

it('names files in the guide for contributors', () => {
  expect(pathsIn(read('CONTRIBUTING.md')).length).toBeGreaterThan(30);
});

import { expect, it } from 'vitest';
import { read } from '../helpers/documented-commands.ts';

const guide = read('CONTRIBUTING.md');

it('names scripts that package.json has', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const named = [...guide.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name = '']) => name);
  expect(named).toContain('test:unit');
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

it('names what is in the files that it names', () => {
  // `NAME` in `FILE`, or several names with commas between.
  const named = [...guide.matchAll(/((?:`\w+`(?:, | and )?)+) (?:in|of|to)\s+`([\w./-]+\.\w+)`/g)];
  const pairs = named.flatMap(([, names = '', file = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({ name, file })),
  );
  expect(pairs.length).toBeGreaterThan(15);
  expect(pairs.filter(({ name, file }) => !read(file).includes(name))).toEqual([]);
});

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { namesNow, type PromisedNames } from '../helpers/promised-names.ts';

const PROMISED: PromisedNames = JSON.parse(
  readFileSync(new URL('../fixtures/version-1.0.0/names.json', import.meta.url), 'utf8'),
);

let now: PromisedNames;
beforeAll(async () => {
  now = await namesNow();
});

describe('what 1.0.0 had is there, and means the same', () => {
  it.each(Object.keys(PROMISED))('%s', (kind) => {
    expect(Object.keys(PROMISED[kind] ?? {}).length).toBeGreaterThan(3);
    expect(now[kind]).toMatchObject(PROMISED[kind] ?? {});
  });

  it('all kinds are held', () => {
    expect(Object.keys(PROMISED)).toEqual(Object.keys(now));
  });
});

import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { KeptPackages } from '../../../tools/local/kept-packages.ts';
import { packageService } from '../../../tools/local/package-service.ts';
import { temporaryDir } from './temporary-dir.ts';

const LONG_AGO = new Date('2020-01-01');

/** A package, and a folder for kept packages. */
async function place() {
  const [folder, made, target] = [await temporaryDir(), await temporaryDir(), await temporaryDir()];
  await writeFile(join(made, 'template.json'), '{}');
  await writeFile(join(made, 'a.zip'), 'code');
  return { folder, made, target, kept: new KeptPackages(folder) };
}

describe('a kept package', () => {
  it('is restored unchanged, and only its owner can read it', async () => {
    const { folder, made, target, kept } = await place();
    expect(await kept.restore('key', target)).toBe(false);
    await kept.keep('key', made);
    expect(await readdir(folder)).toEqual(['key']);
    expect(await kept.restore('key', target)).toBe(true);
    expect((await readdir(target)).sort()).toEqual(['a.zip', 'template.json']);
    expect(await readFile(join(target, 'a.zip'), 'utf8')).toBe('code');
    expect(await kept.restore('another', target)).toBe(false);
  });

  it.each<[string, (kept: string) => Promise<unknown>]>([
    ['a file has changed', (kept) => writeFile(join(kept, 'a.zip'), 'other')],
    ['a file is cut', (kept) => writeFile(join(kept, 'a.zip'), '')],
    ['a file is missing', (kept) => rm(join(kept, 'a.zip'))],
    ['its list is missing', (kept) => rm(join(kept, 'manifest.json'))],
    ['its list is cut', (kept) => writeFile(join(kept, 'manifest.json'), '{"a.zip":')],
    ['its list is empty', (kept) => writeFile(join(kept, 'manifest.json'), '{}')],
  ])('is made again if %s', async (_, damage) => {
    const { folder, made, target, kept } = await place();
    await kept.keep('key', made);
    await damage(join(folder, 'key'));
    expect(await kept.restore('key', target)).toBe(false);
    expect(await readdir(target)).toEqual([]);
    await kept.keep('key', made);
    expect(await kept.restore('key', target)).toBe(true);
  });

  it('is complete even if several keep it at the same time', async () => {
    const { folder, made, target, kept } = await place();
    await Promise.all(Array.from({ length: 8 }, () => kept.keep('key', made)));
    expect(await readdir(folder)).toEqual(['key']);
    expect(await kept.restore('key', target)).toBe(true);
  });

  it('is deleted when five others were used later', async () => {
    const { folder, made, target, kept } = await place();
    for (const key of ['1', '2', '3', '4', '5']) {
      await kept.keep(key, made);
      await utimes(join(folder, key), LONG_AGO, LONG_AGO);
    }
    await kept.restore('1', target);
    await kept.keep('6', made);
    const left = await readdir(folder);
    expect(left).toHaveLength(5);
    expect(left).toEqual(expect.arrayContaining(['1', '6']));
  });

  it('survives a start that was interrupted while it kept another', async () => {
    const { folder, made, target, kept } = await place();
    await kept.keep('key', made);
    const [old, recent] = ['old', 'recent'].map((name) => join(folder, `.unfinished-${name}`));
    for (const path of [old, recent]) await mkdir(path ?? '');
    await utimes(old ?? '', LONG_AGO, LONG_AGO);
    expect(await kept.restore('key', target)).toBe(true);
    await kept.keep('another', made);
    // The recent one may belong to another start.
    expect((await readdir(folder)).sort()).toEqual(['.unfinished-recent', 'another', 'key']);
  });

  it('causes no error if it cannot be written', async () => {
    const { folder, made, target } = await place();
    const file = join(folder, 'file');
    await writeFile(file, '');
    const kept = new KeptPackages(join(file, 'packages'));
    await kept.keep('key', made);
    expect(await kept.restore('key', target)).toBe(false);
  });
});

it('a kept package is used until something changes', async () => {
  const kept = new KeptPackages(await temporaryDir());
  const filesOf = async (options: { tokens: string; params?: Record<string, string> }) => {
    const directory = join(await temporaryDir(), 'package');
    const onNew = vi.fn();
    await packageService({ directory, kept, onNew, ...options });
    const names = (await readdir(directory)).sort();
    const files = await Promise.all(names.map((name) => readFile(join(directory, name))));
    return { isNew: onNew.mock.calls.length > 0, names, files };
  };
  const first = await filesOf({ tokens: 'test' });
  expect(first).toMatchObject({ isNew: true, names: expect.arrayContaining(['receiveSms.zip']) });
  expect(await filesOf({ tokens: 'test' })).toEqual({ ...first, isNew: false });
  const other = await filesOf({ tokens: 'other' });
  expect(other.isNew).toBe(true);
  expect(other.files).not.toEqual(first.files);
}, 60_000);

import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merge, readWithAllChanges } from '../../../infra/plugin/stored-tokens.js';
import {
  changeTokens,
  type StoredToken,
  type TokenStore,
} from '../../../tools/cli/token-parameter.ts';

const tokens = (text: string): StoredToken[] => [...text].map((token) => ({ token }));
const text = (list: readonly StoredToken[]) => list.map(({ token }) => token).join('');
const add = (token: string) => (list: readonly StoredToken[]) => [...list, { token }];
const remove = (gone: string) => (list: readonly StoredToken[]) =>
  list.filter(({ token }) => token !== gone);
const putFirst = (token: string) => (list: readonly StoredToken[]) => [{ token }, ...list];

describe('two changes of the same tokens', () => {
  it.each([
    ['AB', 'ABC', 'ABD', 'ABCD'],
    ['AB', 'B', 'ABC', 'BC'],
    ['AB', 'ABC', 'B', 'BC'],
    ['ABC', 'BC', 'AC', 'C'],
    ['B', 'BC', 'AB', 'ABC'],
    ['B', 'BC', 'ABD', 'ABCD'],
    ['AB', 'A', 'B', ''],
    ['AB', 'AB', 'ABC', 'ABC'],
  ])('of %s, to %s and to %s, are %s together', (base, theirs, mine, both) => {
    expect(text(merge(tokens(base), tokens(theirs), tokens(mine)))).toBe(both);
  });
});

const versionOf = (version: number, list: readonly StoredToken[], after?: number) => ({
  ...{ version, tokens: list, after },
});

/** A parameter whose versions all stay, and whose calls wait for their turn. */
function versioned(first: string | undefined, turn: () => Promise<void>) {
  const versions = first === undefined ? [] : [versionOf(1, tokens(first))];
  const push = (list: readonly StoredToken[], after?: number) => {
    versions.push(versionOf(versions.length + 1, list, after));
    return versions.length;
  };
  const store: TokenStore = {
    async read(version) {
      await turn();
      return version === undefined ? versions.at(-1) : versions[version - 1];
    },
    async create(list) {
      await turn();
      if (versions.length > 0) return false;
      push(list);
      return true;
    },
    async write(list, after) {
      await turn();
      return push(list, after);
    },
  };
  return { store, now: () => text(versions.at(-1)?.tokens ?? []) };
}

type Change = Parameters<typeof changeTokens>[1];

/**
 * Runs changes at once, a call at a time. `choose` says whose call is next, of so many that wait.
 *
 * @returns What is stored at the end, and how each change ended.
 */
async function runAtOnce(
  first: string | undefined,
  changes: readonly Change[],
  choose: (waiting: number) => number,
) {
  const waiting: (() => void)[] = [];
  const { store, now } = versioned(first, () => new Promise((go) => waiting.push(go)));
  const results = Promise.allSettled(changes.map((change) => changeTokens(store, change)));
  let isDone = false;
  results.then(() => {
    isDone = true;
  });
  for (;;) {
    await setImmediate();
    if (isDone) break;
    waiting.splice(choose(waiting.length), 1)[0]?.();
  }
  return { stored: now(), results: await results };
}

/** Calls `run` once for every order of the choices that it makes. @returns How many there are. */
async function everyOrder(
  run: (choose: (count: number) => number) => Promise<void>,
): Promise<number> {
  let path: { choice: number; of: number }[] = [];
  for (let runs = 1; ; runs++) {
    let at = 0;
    await run((of) => {
      path[at] ??= { choice: 0, of };
      return path[at++]?.choice ?? 0;
    });
    path = path.slice(0, at);
    while (path.length > 0 && (path.at(-1)?.choice ?? 0) + 1 >= (path.at(-1)?.of ?? 0)) path.pop();
    const last = path.at(-1);
    if (!last) return runs;
    last.choice++;
  }
}

const sorted = (list: string) => [...list].toSorted().join('');

describe('a change of the stored tokens', () => {
  it.each<[string, string | undefined, Change[], string]>([
    ['two people make a token', 'A', [add('B'), add('C')], 'ABC'],
    ['two people make the first one', undefined, [add('B'), add('C')], 'BC'],
    ['one makes, one retires', 'AB', [add('C'), remove('A')], 'BC'],
    ['two people retire', 'ABC', [remove('A'), remove('B')], 'C'],
    ['one imports, one makes', 'B', [putFirst('A'), add('C')], 'ABC'],
  ])('loses none in any order of the calls: %s', async (_, first, changes, expected) => {
    const orders = await everyOrder(async (choose) => {
      const { stored, results } = await runAtOnce(first, changes, choose);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
      expect(sorted(stored)).toBe(expected);
    });
    expect(orders).toBeGreaterThan(5);
  });

  it('loses none if four people change them, in many orders of the calls', async () => {
    const changes = [add('C'), add('D'), remove('A'), add('E')];
    // There are too many orders to try each.
    const orders = fc.array(fc.nat(), { minLength: 60, maxLength: 60 });
    const property = fc.asyncProperty(orders, async (choices) => {
      let at = 0;
      const choose = (waiting: number) => (choices[at++ % choices.length] ?? 0) % waiting;
      expect(sorted((await runAtOnce('AB', changes, choose)).stored)).toBe('BCDE');
    });
    await fc.assert(property, { numRuns: 2_000 });
  });

  it('is not lost if the one who hid it ends before the repair', async () => {
    const { store } = versioned('A', async () => {});
    await changeTokens(store, add('B'));
    // Whoever writes this has read the first version, and is killed.
    await store.write(tokens('AC'), 1);
    expect(text((await readWithAllChanges(store.read))?.tokens ?? [])).toBe('ABC');
    expect(text(await changeTokens(store, add('D')))).toBe('ABCD');
    expect((await store.read())?.tokens).toHaveLength(4);
  });

  it('is lost if somebody writes the parameter by hand', async () => {
    const { store } = versioned('AB', async () => {});
    await store.write(tokens('X'), undefined as unknown as number);
    expect(text((await readWithAllChanges(store.read))?.tokens ?? [])).toBe('X');
  });

  it('leaves the other one where both are too many, and says so', async () => {
    const nine = 'ABCDEFGHI';
    await everyOrder(async (choose) => {
      const { stored, results } = await runAtOnce(nine, [add('X'), add('Y')], choose);
      const failed = results.filter(({ status }) => status === 'rejected');
      expect(failed).toHaveLength(1);
      expect(['X', 'Y'].map((made) => `${nine}${made}`)).toContain(stored);
    });
  });

  it('keeps exactly those that were said to be stored, in many orders of the calls', async () => {
    const nine = 'ABCDEFGHI';
    const made = ['W', 'X', 'Y', 'Z'];
    const orders = fc.array(fc.nat(), { minLength: 60, maxLength: 60 });
    const property = fc.asyncProperty(orders, async (choices) => {
      let at = 0;
      const choose = (waiting: number) => (choices[at++ % choices.length] ?? 0) % waiting;
      const { stored, results } = await runAtOnce(nine, made.map(add), choose);
      const isStored = (index: number) => results[index]?.status === 'fulfilled';
      expect(sorted(stored)).toBe(nine + made.filter((_, index) => isStored(index)).join(''));
    });
    await fc.assert(property, { numRuns: 1_000 });
  });

  it('leaves one where two people retire the last two', async () => {
    await everyOrder(async (choose) => {
      const changes = [remove('A'), remove('B')].map(
        (change): Change =>
          (list) => {
            if (list.length < 2) throw new Error('the only one');
            return change(list);
          },
      );
      const { stored } = await runAtOnce('AB', changes, choose);
      expect(stored).toMatch(/^(A|B|AB|BA)$/);
    });
  });

  it('is refused if it would be too long', async () => {
    const { store, now } = versioned('ABCDEFGHIJ', async () => {});
    await expect(changeTokens(store, add('K'))).rejects.toThrow('11 tokens, and the limit is 10.');
    const long = versioned('A', async () => {});
    await expect(changeTokens(long.store, add('x'.repeat(4_096)))).rejects.toThrow('4096 bytes');
    expect([now(), long.now()]).toEqual(['ABCDEFGHIJ', 'A']);
  });
});

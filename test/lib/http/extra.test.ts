import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitExtra, MAX_EXTRA_BYTES } from '../../../lib/http/extra.ts';

type Entries = [name: string, value: string][];
const bytesOf = (extra: object) => Buffer.byteLength(JSON.stringify(extra));
const fitted = (entries: Entries) => fitExtra(entries).extra;

/** Entries that fill `extra` to this many bytes. */
function filling(bytes: number): Entries {
  const empty = bytesOf({ a: '1', b: '' });
  return [
    ['a', '1'],
    ['b', 'x'.repeat(bytes - empty)],
  ];
}

describe('fields that fit', () => {
  it('are kept as they are, in order', () => {
    const entries: Entries = [
      ['b', '1'],
      ['', '2'],
      ['__proto__', '3'],
    ];
    const { extra, isCut } = fitExtra(entries);
    expect(Object.entries(extra)).toEqual(entries);
    expect(isCut).toBe(false);
  });

  it('have 4 KB at most, to the byte', () => {
    const { extra, isCut } = fitExtra(filling(MAX_EXTRA_BYTES));
    expect(bytesOf(extra)).toBe(4_096);
    expect(isCut).toBe(false);
    expect(fitExtra(filling(MAX_EXTRA_BYTES + 1)).isCut).toBe(true);
  });

  it('may be two of one name', () => {
    expect({ ...fitted([...'aaa'].map((name, n) => [name, String(n)])) }).toEqual({
      a: '0',
      a_: '1',
      a__: '2',
    });
  });
});

describe('fields that do not fit', () => {
  it('are cut with a mark, and the number of missing fields is shown', () => {
    const extra = fitted([
      ['first', 'whole'],
      ['second', 'x'.repeat(9_000)],
      ['third', 'missing'],
    ]);
    expect(Object.keys(extra)).toEqual(['[CUT]', 'first', 'second']);
    expect(extra['[CUT]']).toBe('over 4096 bytes, fields left out: 1');
    expect(extra.first).toBe('whole');
    expect(extra.second).toMatch(/^x{3000,}\[CUT\]$/);
    expect(bytesOf(extra)).toBeGreaterThan(4_000);
  });

  it('may have a long name, from a text with an unescaped &', () => {
    const [, name = ''] = Object.keys(fitted([['x'.repeat(9_000), 'y']]));
    expect(name).toMatch(/^x{3000,}\[CUT\]$/);
  });

  it('may have the name of the mark', () => {
    const extra = fitted([
      ['[CUT]', 'mine'],
      ['a', 'x'.repeat(9_000)],
    ]);
    expect(extra).toMatchObject({
      '[CUT]': 'over 4096 bytes, fields left out: 0',
      '[CUT]_': 'mine',
    });
  });

  it.each(['"', '\\', '\n', '\x01', 'é', '€', '😀', '\uD83D', '\u2028'])(
    'are cut between characters: %j',
    (char) => {
      for (const lead of ['', 'x', 'xx', 'xxx', 'xxxx', 'xxxxx']) {
        const { a = '' } = fitted([['a', lead + char.repeat(5_000)]]);
        const text = a.replace(/\[CUT\]$/, '');
        expect((text.length - lead.length) % char.length).toBe(0);
        expect(text).toBe(lead + char.repeat((text.length - lead.length) / char.length));
      }
    },
  );

  it('never make extra exceed 4 KB', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom('[CUT]', '[CUT]_', 'a', '__proto__'),
      fc
        .tuple(fc.constantFrom('x', '\x01', '😀', '"', '€'), fc.integer({ min: 600, max: 5_000 }))
        .map(([char, count]) => char.repeat(count)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 200 }), (entries) => {
        const { extra, isCut } = fitExtra(entries);
        expect(bytesOf(extra)).toBeLessThanOrEqual(MAX_EXTRA_BYTES);
        if (!isCut) expect(Object.values(extra)).toEqual(entries.map(([, value]) => value));
      }),
    );
  });

  it('are not looked at: 30,000 fields cost no more than those that fit', () => {
    for (const name of ['a', '[CUT]']) {
      const seen: string[] = [];
      const entries = Array.from({ length: 30_000 }, (_, n) => [name, String(n)] as const);
      const { extra } = fitExtra(entries, (entry) => {
        seen.push(entry[1]);
        return entry;
      });
      expect(seen.length).toBeLessThan(1_000);
      expect(new Set(seen).size).toBe(seen.length);
      expect(Object.keys(extra).length).toBeLessThan(seen.length + 1);
    }
  });
});

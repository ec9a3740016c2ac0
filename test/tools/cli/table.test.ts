import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { type Column, type Row, TableWriter } from '../../../tools/cli/table.ts';
import { graphemesOf, printable } from '../../../tools/shared/terminal-text.ts';
import { strangeText } from '../../fixtures/strange-text.ts';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', width: 8 },
  { title: 'COUNT', width: 6, align: 'right' },
  { title: 'ID', width: 10 },
  { title: 'TEXT' },
];

async function written(width: number | undefined, ...portions: Row[][]): Promise<string[]> {
  const texts: string[] = [];
  const table = new TableWriter(
    { width, text: async (text) => void texts.push(text), style: (_, text) => text },
    COLUMNS,
  );
  for (const rows of portions) await table.write(rows);
  return texts.join('\n').split('\n');
}

describe('a table on a terminal', () => {
  it('has its titles once, also in portions', async () => {
    expect(await written(60, [['a', '1', 'id', 'x']], [], [['b', '20', 'id', 'y']])).toEqual([
      'NAME       COUNT  ID          TEXT',
      'a              1  id          x',
      'b             20  id          y',
    ]);
  });

  it('is nothing without rows', async () => {
    expect(await written(60, [])).toEqual(['']);
  });

  it('cuts long texts by the width of characters', async () => {
    const row = ['a long name', '1', 'id', `漢字${'x'.repeat(60)}`];
    const [, line = ''] = await written(60, [row]);
    expect(line).toMatch(/^a long …\s+1 {2}id {10}漢字x+…$/);
    expect(stringWidth(line)).toBe(60);
  });

  it.each([
    ['漢漢漢漢漢', '漢漢漢… '],
    ['e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301', `${'e\u0301'.repeat(7)}…`],
    ['abcde👩‍👩‍👧fgh', 'abcde👩‍👩‍👧…'],
    ['abcdef👩‍👩‍👧fgh', 'abcdef… '],
    ['abcdef🇦🇺🇦🇺', 'abcdef… '],
    ['abcdefg👍🏽', 'abcdefg…'],
    ['🤷🏼‍♂🤷🏼‍♂🤷🏼‍♂🤷🏼‍♂🤷🏼‍♂', '🤷🏼‍♂🤷🏼‍♂🤷🏼‍♂… '],
  ])('cuts whole characters: %s', async (text, cut) => {
    const [, line] = await written(60, [[text, '1', 'id', 'x']]);
    expect(line).toBe(`${cut}       1  id          x`);
  });

  it('goes on in further lines where it is narrow', async () => {
    expect(await written(40, [['a', '1', 'id-1', 'x'.repeat(50)]])).toEqual([
      'NAME       COUNT  ID',
      '  TEXT',
      'a              1  id-1',
      `  ${'x'.repeat(37)}…`,
    ]);
    expect(await written(12, [['a', '1', 'id-1', 'x'.repeat(50)]])).toEqual([
      'NAME',
      '   COUNT',
      '  ID',
      '  TEXT',
      'a',
      '       1',
      '  id-1',
      '  xxxxxxxxx…',
    ]);
  });

  it('is in one line a row from the width on that leaves 20 columns for the text', async () => {
    const row = ['a', '1', 'id-1', 'x'.repeat(40)];
    const [, line] = await written(50, [row]);
    expect(line).toBe(`a              1  id-1        ${'x'.repeat(19)}…`);
    expect(await written(49, [row])).toHaveLength(4);
  });

  it('has no line longer than the terminal, and cuts no character', async () => {
    const cell = strangeText.map(printable);
    const row = fc.tuple(cell, cell, cell, cell);
    const graphemes = (row: Row) => new Set(row.flatMap((text) => graphemesOf(String(text))));
    await fc.assert(
      fc.asyncProperty(row, fc.integer({ min: 2, max: 80 }), async (row, width) => {
        const lines = (await written(width, [row])).slice(1);
        const whole = graphemes(row);
        for (const line of lines) {
          expect(stringWidth(line)).toBeLessThanOrEqual(width);
          expect(line).not.toContain('undefined');
          // An emoji that a cut went through would be another one.
          const emoji = graphemesOf(line).filter((each) => /\p{Extended_Pictographic}/u.test(each));
          for (const each of emoji) expect(whole).toContain(each);
        }
      }),
    );
  });

  it('shows the breaks and gaps of a cell, so that none looks like two cells or rows', async () => {
    const [, line] = await written(60, [[' a  b', '1', 'c\nd', 'e  f\ng']]);
    expect(line).toBe('·a··b          1  c ⏎ d       e  f ⏎ g');
  });

  it('has its titles in bold', async () => {
    const texts: string[] = [];
    const sink = { width: 60, text: async (text: string) => void texts.push(text) };
    const table = new TableWriter({ ...sink, style: (_, text) => `<${text}>` }, [{ title: 'A' }]);
    await table.write([['a']]);
    expect(texts).toEqual(['<A>\na']);
  });

  it('keeps its columns where a cell is coloured', async () => {
    const coloured = await written(60, [['\x1b[32ma\x1b[39m', '1', 'id', 'x']]);
    const plain = await written(60, [['a', '1', 'id', 'x']]);
    expect(coloured.map(stripVTControlCharacters)).toEqual(plain);
    const [, cut] = await written(60, [['\x1b[32ma long name\x1b[39m', '1', 'id', 'x']]);
    expect(cut).toBe('a long …       1  id          x');
  });
});

describe('a table elsewhere', () => {
  it('is a line a row with its whole values, separated by tabs, and no titles', async () => {
    const text = 'x'.repeat(500);
    const count = { shown: '1,000', value: '1000' };
    expect(
      await written(undefined, [['a  long name', count, '', text]], [['b', '2', 'id', 'c\nd']]),
    ).toEqual([`a  long name\t1000\t\t${text}`, 'b\t2\tid\tc\\x0ad']);
  });

  it('has nothing that is drawn', async () => {
    const texts: string[] = [];
    const sink = { width: undefined, text: async (text: string) => void texts.push(text) };
    const columns = [{ title: 'A' }, { title: '', isDrawing: true }, { title: 'B' }] as const;
    await new TableWriter({ ...sink, style: (_, text) => text }, columns).write([['a', '██', 'b']]);
    expect(texts).toEqual(['a\tb']);
  });

  it('has the same number of values in each line, whatever senders write', async () => {
    const cell = strangeText.map(printable);
    await fc.assert(
      fc.asyncProperty(fc.tuple(cell, cell, cell, cell), async (row) => {
        const lines = await written(undefined, [row, row]);
        expect(lines.map((line) => line.split('\t').length)).toEqual([4, 4]);
      }),
    );
  });
});

import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Column, type Row, TableWriter } from '../../cli/table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', width: 8 },
  { title: 'COUNT', width: 6, align: 'right' },
  { title: 'ID', width: 10, mayWrap: true },
  { title: 'TEXT', mayWrap: true },
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

describe('a table', () => {
  it('has its titles once, whatever comes in portions', async () => {
    expect(await written(60, [['a', '1', 'id', 'x']], [], [['b', '20', 'id', 'y']])).toEqual([
      'NAME       COUNT  ID          TEXT',
      'a              1  id          x',
      'b             20  id          y',
    ]);
  });

  it('is nothing without rows', async () => {
    expect(await written(60, [])).toEqual(['']);
  });

  it('cuts what is too long for the terminal, by what characters take there', async () => {
    const row = ['a long name', '1', 'id', `漢字${'x'.repeat(60)}`];
    const [, line = ''] = await written(60, [row]);
    expect(line).toMatch(/^a long …\s+1 {2}id {10}漢字x+…$/);
    expect(line.length).toBe(60 - '漢字'.length);
  });

  it('goes on in a second line where the terminal is narrow', async () => {
    expect(await written(40, [['a', '1', 'id-1', 'x'.repeat(40)]])).toEqual([
      'NAME       COUNT',
      '  ID          TEXT',
      'a              1',
      `  id-1        ${'x'.repeat(25)}…`,
    ]);
  });

  it('is in one line a row from the width on that leaves 20 characters for the text', async () => {
    const row = ['a', '1', 'id-1', 'x'.repeat(40)];
    const [, line] = await written(50, [row]);
    expect(line).toBe(`a              1  id-1        ${'x'.repeat(19)}…`);
    expect(await written(49, [row])).toHaveLength(4);
  });

  it('has its titles in bold', async () => {
    const texts: string[] = [];
    const sink = { width: 60, text: async (text: string) => void texts.push(text) };
    const table = new TableWriter({ ...sink, style: (_, text) => `<${text}>` }, [{ title: 'A' }]);
    await table.write([['a']]);
    expect(texts).toEqual(['<A>\na']);
  });

  it('cuts nothing elsewhere than on a terminal', async () => {
    const text = 'x'.repeat(500);
    const [, line] = await written(undefined, [['a long name', '1', 'id', text]]);
    expect(line).toContain('a long name');
    expect(line?.endsWith(text)).toBe(true);
  });

  it('keeps its columns where a cell is coloured', async () => {
    const coloured = await written(60, [['\x1b[32ma\x1b[39m', '1', 'id', 'x']]);
    const plain = await written(60, [['a', '1', 'id', 'x']]);
    expect(coloured.map(stripVTControlCharacters)).toEqual(plain);
  });
});

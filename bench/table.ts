import { markdownTable } from 'markdown-table';

/** A number for a reader: digits in groups of three. */
export function figure(value: number, decimals = 0): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

/**
 * A Markdown table, its columns aligned.
 *
 * @param rows The first is the header. The first column is text, the others are figures.
 */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map(String));
  return markdownTable(cells, { align: cells[0]?.map((_, column) => (column === 0 ? null : 'r')) });
}

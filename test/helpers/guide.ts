import { readFileSync } from 'node:fs';

const guide = readFileSync(new URL('../../docs/subscribe.md', import.meta.url), 'utf8');

/**
 * A section of docs/subscribe.md. '' is the part before the first heading.
 *
 * @throws {Error} If there is no such section.
 */
export function sectionOf(heading: string): string {
  const sections = `\n## \n${guide}`.split('\n## ').slice(1);
  const section = sections.find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/subscribe.md has no section ${heading}`);
  return section;
}

/** The code blocks of a section in this language, in order. */
export function codeOf(heading: string, language: string): string[] {
  const blocks = sectionOf(heading).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  return [...blocks].filter(([, of]) => of === language).map(([, , code = '']) => code);
}

/** The headings, in order. */
export function headings(): string[] {
  return ['', ...[...guide.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading)];
}

/** The rows of a section's table as lists of cells, without its head. */
export function rowsOf(heading: string): string[][] {
  const lines = sectionOf(heading)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

import { parseArgs } from 'node:util';
import type { NumberOption, Section } from './compare/section.ts';

export interface BenchSettings {
  readonly sections: readonly Section[];
  /** A package that exists already. */
  readonly packageDir: string | undefined;
  /** Where the figures go for machines. */
  readonly jsonFile: string | undefined;
  /** Every option that is a number. */
  readonly numbers: Readonly<Record<string, number>>;
  number(option: string): number;
}

/**
 * @returns Nothing if help was asked for.
 * @throws {Error} Names the option or the section.
 */
export function readBenchSettings(
  args: string[],
  sections: readonly Section[],
): BenchSettings | undefined {
  const options = numberOptions(sections);
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...Object.fromEntries(Object.keys(options).map((name) => [name, { type: 'string' }])),
      json: { type: 'string' },
      package: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const numbers = Object.fromEntries(
    Object.entries(options).map(([name, { fallback }]) => [
      name,
      wholeNumber(name, values[name as keyof typeof values], fallback),
    ]),
  );
  return {
    sections: positionals.length > 0 ? positionals.map((name) => named(name, sections)) : sections,
    packageDir: values.package,
    jsonFile: values.json,
    numbers,
    number(option) {
      const value = numbers[option];
      if (value === undefined) throw new Error(`There is no option --${option}`);
      return value;
    },
  };
}

export function helpOf(sections: readonly Section[]): string {
  const line = (name: string, about: string) => `  ${name.padEnd(16)}  ${about}`;
  return `Usage: npm run bench -- [SECTION ...] [OPTIONS]

Measures the shipped bundle beside others that do the same job, all in one run against the same stub
of AWS, and prints one table. What is slow or large does not fail.

Sections (all):
${sections.map(({ name, about }) => line(name, about)).join('\n')}

Options:
${Object.entries(numberOptions(sections))
  .map(([name, { about, fallback }]) => line(`--${name} N`, `${about} (${fallback})`))
  .join('\n')}
${line('--json FILE', 'write every figure to FILE as well')}
${line('--package DIR', 'measure the package in DIR (stage "local", token "test") instead of a new one')}
${line('--help', 'show this')}
`;
}

function numberOptions(sections: readonly Section[]): Record<string, NumberOption> {
  return Object.assign({}, ...sections.map(({ options = {} }) => options));
}

function named(name: string, sections: readonly Section[]): Section {
  const section = sections.find((candidate) => candidate.name === name);
  if (section) return section;
  const names = sections.map((candidate) => candidate.name).join(', ');
  throw new Error(`There is no section "${name}"; there are ${names}`);
}

function wholeNumber(name: string, text: string | boolean | undefined, fallback: number): number {
  const value = Number(text ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number`);
  return value;
}

import { parseArgs } from 'node:util';

/** How a command reads one of its options: from the text given, or from its default. */
export interface Option<T> {
  readonly fallback: string;
  /** @throws {Error} Saying what the option takes; the option's name goes before it. */
  readonly parse: (text: string) => T;
}

type Options = Readonly<Record<string, Option<unknown>>>;
/** What an object of options becomes once it is read. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

/** A text of letters, digits, `.`, `_`, `/` and `-`. */
export function word(fallback: string): Option<string> {
  return {
    fallback,
    parse: (text) => {
      if (!/^[\w./-]{0,200}$/.test(text)) throw new Error('takes letters, digits, . _ / and -');
      return text;
    },
  };
}

/** A whole number, `min` or more. */
export function count(fallback: number, min = 1): Option<number> {
  return { fallback: String(fallback), parse: (text) => wholeNumber(text, min) };
}

/** Whole numbers with commas between them, each `min` or more. */
export function counts(fallback: readonly number[], min = 1): Option<number[]> {
  return {
    fallback: fallback.join(','),
    parse: (text) => text.split(',').map((part) => wholeNumber(part, min)),
  };
}

/** A number above 0. */
export function positive(fallback: number): Option<number> {
  return {
    fallback: String(fallback),
    parse: (text) => {
      const value = Number(text);
      if (!text || !(value > 0 && value < 1e9)) throw new Error('takes a number above 0');
      return value;
    },
  };
}

/** @throws {Error} Naming the option and what it takes. */
export function readOptions<O extends Options>(options: O, args: string[]): Values<O> | 'help' {
  const { values }: { values: Record<string, unknown> } = parseArgs({
    args,
    options: {
      ...Object.fromEntries(Object.keys(options).map((name) => [name, { type: 'string' }])),
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  const entries = Object.entries(options).map(([name, { fallback, parse }]) => {
    try {
      return [name, parse(String(values[name] ?? fallback))];
    } catch (error) {
      throw new Error(`--${name} ${(error as Error).message}`);
    }
  });
  return Object.fromEntries(entries);
}

/** Runs a command: explains it, or runs it, or says in one line what is wrong and fails. */
export async function runCommand<O extends Options>(
  help: string,
  options: O,
  run: (values: Values<O>) => void | Promise<void>,
): Promise<void> {
  try {
    const values = readOptions(options, process.argv.slice(2));
    if (values === 'help') console.log(help);
    else await run(values);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

function wholeNumber(text: string, min: number): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < min) {
    throw new Error(`takes whole numbers from ${min} on`);
  }
  return value;
}

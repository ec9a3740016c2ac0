import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ANSWERS, type Answer } from '../../lib/http/outcomes.ts';
import { read } from '../helpers/documented-commands.ts';

const document = read('docs/how-it-works.md');

describe('docs/how-it-works.md', () => {
  /** Rows such as: | the webhook | 10 s | `timeout` of `receiveSms` in `serverless.yml` | */
  const limits = [
    ...document.matchAll(
      /^\| [^|]+\| ([\d.]+)( s)? +\| `(\w+)`(?: of `(\w+)`)? in `([\w./-]+)` +\|$/gm,
    ),
  ].map(([, value, unit, name = '', part = '', file = '']) => ({
    where: `${name} ${part} in ${file}`,
    ...{ value: Number(value), unit, name, part, file },
  }));

  it('names every limit of time with its place', () => {
    expect(limits).toHaveLength(7);
  });

  it.each(limits)('has the limit of the code: $where', ({ value, unit, name, part, file }) => {
    const text = read(file);
    const [, found = ''] =
      new RegExp(`\\b${name}\\b\\W+?([\\d_]+)`).exec(text.slice(text.indexOf(part))) ?? [];
    const isInMs = unit && !file.endsWith('.yml');
    expect(Number(found.replaceAll('_', ''))).toBe(isInMs ? value * 1000 : value);
  });

  it('answers each failure as the code does', () => {
    const answers = [...document.matchAll(/\b(\d{3}) `([a-z-]+)`/g)];
    expect(answers.length).toBeGreaterThan(5);
    const known: Record<string, Answer> = ANSWERS;
    for (const [, status, outcome = ''] of answers) {
      expect(known[outcome]?.status, outcome).toBe(Number(status));
    }
  });

  it('names attributes that the store writes', () => {
    const attributes = new Set([...document.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map((m) => m[1]));
    expect(attributes.size).toBeGreaterThan(5);
    const store = globSync('lib/aws/message-*.ts').map(read).join('\n');
    for (const attribute of attributes) expect(store).toContain(attribute);
  });
});

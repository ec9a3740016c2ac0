import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Commands that would fetch a package from the registry if none is installed here. */
const FETCHING =
  /\b(?:npx +(?!--no )|npm (?:exec|x|create|init|innit) +(?!--no )|(?:pnpm|yarn) dlx +|bunx +)[@\w-]\S*/g;

/** This ADR quotes what it rejects. */
const QUOTES = ['docs/decisions/0040-launchers.md'];

const texts = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file && !file.startsWith('test/') && !QUOTES.includes(file))
  .filter((file) => !/\.(png|svg|ico)$|^package-lock\.json$/.test(file));

describe('no shipped command can fetch a package from the registry', () => {
  it('in the documents, the help, the scripts and the sources', () => {
    for (const file of ['README.md', 'tools/cli/command.ts', '.ci/run', 'package.json']) {
      expect(texts).toContain(file);
    }
    const found = texts.flatMap((file) =>
      (readFileSync(join(ROOT, file), 'utf8').match(FETCHING) ?? []).map(
        (command) => `${file}: ${command}`,
      ),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ['npx inbound-sms list', true],
    ['npx --yes inbound-sms', true],
    ['npx @scope/name', true],
    ['npm exec inbound-sms', true],
    ['npm create stack', true],
    ['pnpm dlx inbound-sms', true],
    ['npx --no vitest run', false],
    ['npm exec --no vitest', false],
    ['started without npm or npx, as', false],
    ['npm ci && npm start', false],
  ])('%s can fetch: %s', (text, expected) => {
    expect(text.match(FETCHING) !== null).toBe(expected);
  });
});

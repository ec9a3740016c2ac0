import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { ANSWERS, type Answer } from '../../lib/http/outcomes.ts';

const document = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** The rows of the table with this head, cell by cell. */
function rowsUnder(head: string): string[][] {
  // However the columns are aligned.
  const lines = document.split('\n').map((line) => line.replace(/ +/g, ' '));
  const start = lines.indexOf(head);
  if (start < 0) throw new Error(`docs/errors.md has no table headed ${head}`);
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, end < 0 ? undefined : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const rows = rowsUnder('| outcome | status | when | what the PBX does next |');

it('documents every outcome once, as the code answers it, and no other', () => {
  const documented = rows.map(([outcome, status, , next]) => [outcome, status, next]);
  const answered = Object.entries<Answer>(ANSWERS).map(([outcome, { status, next }]) => [
    `\`${outcome}\``,
    String(status),
    next,
  ]);
  expect(documented.sort()).toEqual(answered.sort());
});

it('says of every outcome when it happens', () => {
  for (const [outcome, , when] of rows) expect(when, outcome).toMatch(/\w.*\.$/);
});

// AWS promises no single one for HTTP APIs.
it('says 5xx of a function that API Gateway gets no answer from', () => {
  const [paragraph = ''] = document.match(/^An answer `\{"message": …\}`.*$/m) ?? [];
  expect(paragraph).toContain('a 5xx when the function crashed, ran out of time or was throttled');
  expect(paragraph).not.toMatch(/\b50\d when/);
});

it('names the seconds of Retry-After', () => {
  const seconds = Object.values<Answer>(ANSWERS).flatMap(({ retryAfter }) => retryAfter ?? []);
  for (const retryAfter of seconds) {
    expect(document).toContain(`\`Retry-After\` asks for ${retryAfter} seconds`);
  }
});

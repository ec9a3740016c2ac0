import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { type AnswerDetails, answer } from '../../lib/http/answers.ts';
import { ANSWERS, type Answer } from '../../lib/http/outcomes.ts';
import type { Warning } from '../../lib/http/warnings.ts';
import { QUARANTINE_REASONS } from '../../lib/messages/quarantine.ts';

const document = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** The text below a heading, up to the next one. */
const sectionOf = (heading: string) =>
  document.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';

/** The rows of the table with this head, as lists of cells. */
function rowsUnder(head: string): string[][] {
  // In any alignment of the columns.
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

it('documents exactly the outcomes, each once, as the code answers them', () => {
  const documented = rows.map(([outcome, status, , next]) => [outcome, status, next]);
  const answered = Object.entries<Answer>(ANSWERS).map(([outcome, { status, next }]) => [
    `\`${outcome}\``,
    String(status),
    next,
  ]);
  expect(documented.sort()).toEqual(answered.sort());
});

it('says when each outcome happens', () => {
  for (const [outcome, , when] of rows) expect(when, outcome).toMatch(/\w.*\.$/);
});

it('names exactly the outcomes that are kept', () => {
  const [first = ''] = sectionOf('What is kept').match(/is kept if it is refused as [^.]+\./) ?? [];
  const named = [...first.matchAll(/`([^`]+)`/g)].map(([, reason]) => reason);
  expect(named).toEqual(QUARANTINE_REASONS);
});

it('describes every field of a body that is not a 200’s', () => {
  const details: Required<AnswerDetails> = { message_id: '1', detail: 'a', errors: [] };
  const members = Object.keys(JSON.parse(answer('invalid', details).body ?? ''));
  const documented = rowsUnder('| member | holds |').map(([member]) => member);
  expect(documented.toSorted()).toEqual(members.map((member) => `\`${member}\``).toSorted());
});

it('describes exactly the warnings', () => {
  const warnings: Record<Warning['metric'], true> = {
    WebhookUrlMismatch: true,
    FallbackMissing: true,
    OptionalFieldMalformed: true,
    ExtraCut: true,
    UnexpectedContentType: true,
    DecodedAsWindows1252: true,
    DecodedWithReplacements: true,
    TokenRedacted: true,
  };
  const documented = [...sectionOf('Warnings').matchAll(/^- \*\*`(\w+)`\*\*: /gm)];
  expect(documented.map(([, name]) => name)).toEqual(Object.keys(warnings));
});

// AWS does not promise a certain one for HTTP APIs.
it('says 5xx if API Gateway gets no answer from a function', () => {
  const [lines = ''] = document.match(/^An answer `\{"message": …\}`.*?\n\n/ms) ?? [];
  const paragraph = lines.replaceAll('\n', ' ');
  expect(paragraph).toContain('a 5xx when the function crashed, ran out of time or was throttled');
  expect(paragraph).not.toMatch(/\b50\d when/);
});

it('names the seconds of Retry-After', () => {
  const seconds = Object.values<Answer>(ANSWERS).flatMap(({ retryAfter }) => retryAfter ?? []);
  for (const retryAfter of seconds) {
    expect(document).toContain(`\`Retry-After\` asks for ${retryAfter} seconds`);
  }
});

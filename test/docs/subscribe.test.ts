import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../helpers/guide.ts';

const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
/** Without the indentation, which differs inside of a function. */
const lines = (code: string) =>
  code
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .join('\n');

describe('the three lines that deduplicate', () => {
  it.each([
    ['ts', 'examples/save-once.ts'],
    ['py', 'examples/lambda_handler.py'],
  ])('in %s equal those of %s', async (language, file) => {
    const [code = ''] = codeOf('At least once', language);
    expect(lines(code).split('\n').length).toBeLessThanOrEqual(3);
    expect(lines(await read(file))).toContain(lines(code));
  });
});

// https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html#why-do-message-deliveries-fail
it('promises retry times only for server-side errors', async () => {
  const [table = '', note = ''] = (await read('docs/subscribe.md')).split('**SNS does not retry');
  expect(table).toMatch(/while the receiver is down, SNS tries[\s\S]*23 days/);
  expect(note).toMatch(/is a client-side error, and\s\[SNS does not retry those\]/);
});

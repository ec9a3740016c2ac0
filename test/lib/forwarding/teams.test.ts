import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ForwardedMessage } from '../../../lib/forwarding/outgoing.ts';
import { toTeams } from '../../../lib/forwarding/teams.ts';
import { someForwarded, someUndated, TITLES } from '../../fixtures/forwarded-message.ts';
import { hostileText } from '../../fixtures/strange-text.ts';

const URL = 'https://prod-1.australiasoutheast.logic.azure.com/workflows/x';

interface Run {
  readonly type: 'TextRun';
  readonly text: string;
}

interface Element {
  readonly type: 'RichTextBlock' | 'TextBlock';
  readonly text?: string;
  readonly inlines?: readonly Run[];
}

function teamsOf(changes: Partial<ForwardedMessage>) {
  const outgoing = toTeams(someForwarded(changes), URL);
  if (outgoing.kind !== 'post') return expect.unreachable();
  const message = JSON.parse(outgoing.body);
  const card: { readonly body: readonly Element[] } = message.attachments[0].content;
  const literals = card.body.flatMap(({ inlines }) =>
    inlines ? [inlines.map(({ text }) => text).join('')] : [],
  );
  const runs = card.body.flatMap(({ inlines = [] }) => inlines);
  return { outgoing, message, card, literals, runs };
}

it('a Teams card has the sender, the number and the text, then the time and the id', () => {
  const { outgoing, message } = teamsOf({ body: 'Hello', timestamp: 1_795_731_700 });
  expect(outgoing).toMatchObject({
    kind: 'post',
    url: URL,
    headers: { 'content-type': 'application/json' },
  });
  const literal = (text: string, style = {}) => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text, ...style }],
  });
  const small = { size: 'Small', isSubtle: true };
  expect(message).toEqual({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body: [
            literal('SMS from +61400000001 to +61400000002', { weight: 'Bolder' }),
            literal('Hello'),
            {
              type: 'TextBlock',
              text: '{{DATE(2026-11-26T22:21:40Z, SHORT)}} {{TIME(2026-11-26T22:21:40Z)}}',
              wrap: true,
              ...small,
            },
            literal('297abf7f-99d9-4b7d-9c46-1d7c13687b11', small),
          ],
        },
      },
    ],
  });
});

it.each(TITLES)('a Teams card says that %s', (_, changes, title) => {
  expect(teamsOf(changes).literals[0]).toContain(title);
});

it('a Teams card has no time if it is unknown', () => {
  expect(JSON.stringify(toTeams(someUndated(), URL))).not.toContain('"TextBlock');
});

/** https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features */
const MARKUP = [
  '**bold**',
  '_italic_',
  '- list',
  '1. list',
  '[your bank](https://example.com)',
  '<at>everyone</at>',
  '{{DATE(2017-02-14T06:08:00Z, SHORT)}}',
  '{{TIME(2017-02-14T06:08:00Z)}}',
  '{{{DATE(2017-02-14T06:08:00Z)}}}',
  '$\u007btext}', // The beginning of a template's expression.
  '@{triggerBody()}',
];

const hostile = hostileText(...MARKUP, '{', '}');

describe("a stranger's text in Teams", () => {
  it('is only in text runs, which have no Markdown, and never becomes a date', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (from, body, message_id) => {
        const { card, runs, message } = teamsOf({ from, body, sms_number: from, message_id });
        const blocks = card.body.filter(({ type }) => type !== 'RichTextBlock');
        expect(blocks.map(({ text }) => text)).toEqual([
          '{{DATE(2019-12-15T06:34:14Z, SHORT)}} {{TIME(2019-12-15T06:34:14Z)}}',
        ]);
        expect(runs.filter(({ type, text }) => type !== 'TextRun' || text.includes('{{'))).toEqual(
          [],
        );
        // A mention needs an entity.
        expect(message.attachments[0].content.msteams).toEqual({ width: 'Full' });
      }),
    );
  });

  it('is shown literally', () => {
    expect(teamsOf({ body: MARKUP.join('\n') }).literals[1]).toBe(MARKUP.join('\n'));
  });

  it('never makes Teams refuse the card', () => {
    fc.assert(
      fc.property(hostile, hostile, (from, body) => {
        for (const { text } of teamsOf({ from, body }).runs) {
          expect(text).not.toBe('');
          expect(text.isWellFormed()).toBe(true);
          expect(text).not.toMatch(/[\0-\x08\v\f\r\x0e-\x1f\x7f-\x9f]/);
        }
      }),
    );
  });

  it.each(['', ' ', '\n\t'])('is said to be missing if it is %j', (body) => {
    expect(teamsOf({ body }).literals[1]).toBe('(no text)');
  });
});

describe('a long text in Teams', () => {
  it('stays whole if the card fits', () => {
    const body = 'abcdefghi\n'.repeat(1_000);
    expect(teamsOf({ body }).literals[1]).toBe(body);
  });

  it.each([
    ['characters of four bytes', '👍'.repeat(10_000)],
    ['characters that grow most', '{'.repeat(10_000)],
  ])('is cut where the card is full, and the card says so: %s', (_, body) => {
    const { outgoing, literals } = teamsOf({ body });
    const [, text = '', note = '', id] = literals;
    const [, shown] = /^The text goes on: (\d+) of 10000 characters are shown\./.exec(note) ?? [];
    expect(text.endsWith('…')).toBe(true);
    expect(text.slice(0, -1)).toBe([...body].slice(0, Number(shown)).join(''));
    expect(id).toBe('297abf7f-99d9-4b7d-9c46-1d7c13687b11');
    expect(Buffer.byteLength(outgoing.body)).toBeLessThanOrEqual(28_000);
    expect(Buffer.byteLength(outgoing.body)).toBeGreaterThan(27_900);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ForwardedMessage } from '../../../lib/forwarding/outgoing.ts';
import { toSlack } from '../../../lib/forwarding/slack.ts';
import { someForwarded, someUndated, TITLES } from '../../fixtures/forwarded-message.ts';
import { hostileText } from '../../fixtures/strange-text.ts';

const URL = 'https://hooks.slack.com/services/T0/B0/x';

interface TextObject {
  readonly type: 'plain_text' | 'mrkdwn';
  readonly text: string;
  readonly emoji?: boolean;
}

interface Block {
  readonly type: string;
  readonly text?: TextObject;
  readonly elements?: readonly TextObject[];
}

function slackOf(changes: Partial<ForwardedMessage>) {
  const outgoing = toSlack(someForwarded(changes), URL);
  if (outgoing.kind !== 'post') return expect.unreachable();
  const body: { readonly text: string; readonly blocks: readonly Block[] } = JSON.parse(
    outgoing.body,
  );
  const objects = body.blocks.flatMap(({ text, elements = [] }) => (text ? [text] : elements));
  const sections = body.blocks.flatMap(({ text }) => (text ? [text.text] : []));
  return { outgoing, body, objects, sections };
}

/** An escaped text as Slack shows it. */
const shown = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

it('a Slack message has the sender, the number and the text, then the time and the id', () => {
  const { outgoing, body } = slackOf({ body: 'Tom & Jerry', timestamp: 1_795_731_700 });
  expect(outgoing).toMatchObject({
    kind: 'post',
    url: URL,
    headers: { 'content-type': 'application/json' },
  });
  const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
  expect(body).toEqual({
    text: 'SMS from +61400000001 to +61400000002: Tom &amp; Jerry',
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'section', text: plain('SMS from +61400000001 to +61400000002') },
      { type: 'section', text: plain('Tom &amp; Jerry') },
      {
        type: 'context',
        elements: [
          {
            type: 'mrkdwn',
            text: '<!date^1795731700^{date_short_pretty} at {time_secs}|2026-11-26T22:21:40.000Z>',
          },
          plain('297abf7f-99d9-4b7d-9c46-1d7c13687b11'),
        ],
      },
    ],
  });
});

it.each(TITLES)('a Slack message says that %s', (_, changes, title) => {
  const { body, sections } = slackOf(changes);
  expect(sections[0]).toContain(title);
  expect(body.text).toContain(title);
});

it('a Slack message has no time if it is unknown', () => {
  expect(JSON.stringify(toSlack(someUndated(), URL))).not.toContain('!date');
});

/** https://docs.slack.dev/messaging/formatting-message-text */
const MARKUP = [
  '<!channel>',
  '<!here>',
  '<!everyone>',
  '<@U024BE7LH>',
  '<#C024BE7LR|general>',
  '<!subteam^SAZ94GDB8>',
  '<https://example.com|your bank>',
  '<mailto:a@example.com|write>',
  '<!date^1392734382^{date}^https://example.com|x>',
  '&lt;!channel&gt;',
  '&amp;lt;!here&amp;gt;',
  '@here',
  '@channel',
  '*bold*',
  '`code`',
  '> quote',
  ':tada:',
  'https://example.com',
];

const hostile = hostileText(...MARKUP, '<', '>', '&', '|', '!');

describe("a stranger's text in Slack", () => {
  it('cannot mention, link, format or show an emoji', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (from, body, message_id) => {
        const message = slackOf({ from, body, sms_number: from, message_id });
        expect(message.body.text).not.toMatch(/[<>]/);
        expect(message.body).toMatchObject({ mrkdwn: false, parse: 'none', link_names: false });
        for (const object of message.objects) {
          if (object.text.startsWith('<!date^1576391654^')) continue;
          expect(object).toMatchObject({ type: 'plain_text', emoji: false });
          expect(object.text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
        }
      }),
    );
  });

  it('is shown literally', () => {
    expect(shown(slackOf({ body: MARKUP.join('\n') }).sections[1] ?? '')).toBe(MARKUP.join('\n'));
  });

  const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}]/u;

  it('never makes Slack refuse the message', () => {
    fc.assert(
      fc.property(hostile, hostile, (from, body) => {
        const { outgoing, objects } = slackOf({ from, body });
        expect(outgoing.body.isWellFormed()).toBe(true);
        for (const { text } of objects) {
          expect(text.isWellFormed()).toBe(true);
          expect(text).toMatch(VISIBLE);
          expect(text).not.toMatch(/[\0-\x08\v\f\r\x0e-\x1f\x7f-\x9f]/);
        }
      }),
    );
  });

  it.each(['', ' ', '\n\t', '\u200b'])('is said to be missing if it is %j', (body) => {
    expect(slackOf({ body }).sections[1]).toBe('(no text)');
  });
});

describe('a long text in Slack', () => {
  it.each([
    ['letters', 'abcdefghi\n'.repeat(1_000)],
    ['characters of two units', `x${'👍'.repeat(9_999)}`],
    ['characters that grow most', '&'.repeat(10_000)],
  ])('takes several blocks, and loses nothing: %s', (_, body) => {
    const { body: message, objects, sections } = slackOf({ body });
    expect(shown(sections.slice(1).join(''))).toBe(body);
    expect(sections.length).toBeGreaterThan(2);
    expect(message.blocks.length).toBeLessThanOrEqual(50);
    for (const { text } of objects) {
      expect(text.length).toBeLessThanOrEqual(3_000);
      expect(text.isWellFormed()).toBe(true);
    }
  });

  it.each([
    ['spaces', ' '],
    ['line breaks', '\n'],
    ['invisible characters', '\u200b'],
  ])('has no block of only %s, which Slack refuses', (_, blank) => {
    const { objects, sections } = slackOf({ body: `a${blank.repeat(9_998)}b` });
    for (const { text } of objects) expect(text).toMatch(/[^\s\u200b]/);
    expect(sections.slice(1).join('').replaceAll(blank, '')).toBe('ab');
  });

  it('stays one block up to 3,000 characters', () => {
    expect(slackOf({ body: 'x'.repeat(3_000) }).sections).toHaveLength(2);
    expect(slackOf({ body: 'x'.repeat(3_001) }).sections).toHaveLength(3);
  });

  it('is cut only in the notification', () => {
    expect(slackOf({ body: '<👍'.repeat(5_000) }).body.text).toBe(
      `SMS from +61400000001 to +61400000002: ${'&lt;👍'.repeat(100)}`,
    );
  });
});

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MIN_TOKEN_LENGTH, REDACTED } from '../../../lib/http/find-tokens.ts';
import { printable, redactorOf } from '../../../lib/http/redact.ts';

const TOKEN = 'a-token-of-twenty-two-characters';
/** Another valid token. Only its hash and length are known. */
const OTHER = 'another-token-in-a-rotation';
const OTHERS = [{ hash: createHash('sha256').update(OTHER).digest(), length: OTHER.length }];
const redactToken = (text: string, token: string) => redactorOf(token, OTHERS).text(text);
const redactWebhookUrl = (url: string, token: string) => redactorOf(token, OTHERS).url(url);
const escapeAll = (text: string) =>
  Buffer.from(text)
    .toString('hex')
    .replace(/../g, (hex) => `%${hex}`);

/** A token with any of its characters escaped, in either case, once or twice. */
const spelling = fc
  .tuple(
    fc.constantFrom(TOKEN, OTHER),
    fc.array(fc.constantFrom('', '%', '%25', 'upper'), { minLength: 32, maxLength: 32 }),
  )
  .map(([token, styles]) =>
    [...token]
      .map((char, at) => {
        const style = styles[at];
        const hex = char.charCodeAt(0).toString(16);
        return style ? (style === 'upper' ? `%${hex.toUpperCase()}` : `${style}${hex}`) : char;
      })
      .join(''),
  );

/** Undoes every escape, also repeated ones. */
function unescapeFully(text: string): string {
  const once = text.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return once === text ? text : unescapeFully(once);
}

it('each tested spelling really means the token', () => {
  fc.assert(fc.property(spelling, (token) => [TOKEN, OTHER].includes(unescapeFully(token))));
});

describe('redacting, in a webhook URL and in any other text', () => {
  it.each([
    ['a webhook URL', redactWebhookUrl],
    ['any other text', redactToken],
  ])('%s keeps no spelling of either token', (_, redact) => {
    fc.assert(
      fc.property(fc.string(), spelling, fc.string(), (before, token, after) => {
        const redacted = unescapeFully(redact(`${before}${token}${after}`, TOKEN));
        expect(redacted).not.toContain(TOKEN);
        expect(redacted).not.toContain(OTHER);
      }),
    );
  });

  const ESCAPES = ['%25'.repeat(20_000), `%${'25'.repeat(30_000)}`];
  it('ends for a text of only escapes: a webhook URL goes as a whole, any other text stays', () => {
    for (const text of ESCAPES) expect(redactToken(text, TOKEN)).toBe(text);
    expect(redactWebhookUrl(`%${'25'.repeat(30_000)}`, TOKEN)).toBe(REDACTED);
  });

  it.each([
    ['a webhook URL', redactWebhookUrl],
    ['any other text', redactToken],
  ])('%s without a token stays as it is, with any number of segments', (_, redact) => {
    const text = '/sms/'.repeat(12_000);
    expect(redact(text, TOKEN)).toBe(text);
  });
});

describe('a webhook URL', () => {
  it.each([
    [`https://x/sms/${TOKEN}`, 'https://x/sms/REDACTED'],
    [`https://x/dev/sms/${TOKEN}/a?b=c#d`, 'https://x/dev/sms/REDACTED/a?b=c#d'],
    ['https://x/sms/an-older-token', 'https://x/sms/REDACTED'],
    ['https://x/SMS/an-older-token', 'https://x/SMS/REDACTED'],
    ['https://x/sms/an%2Dolder%2Dtoken', 'https://x/sms/REDACTED'],
    ['https%3A%2F%2Fx%2Fsms%2Fan-older-token', REDACTED],
    ['https%253A%252F%252Fx%252Fsms%252Fan-older-token', REDACTED],
    ['https%25253A%25252F%25252Fx%25252Fsms%25252Fan-older-token', REDACTED],
    ...[3, 4, 5, 9].map((times): [string, string] => [
      '/sms/an-older-token'.replaceAll('/', `%${'25'.repeat(times)}2F`),
      REDACTED,
    ]),
    [`https://x/sms/${TOKEN}?again=${TOKEN}`, 'https://x/sms/REDACTED?again=REDACTED'],
    [`https://x/sms/${TOKEN}?again=${escapeAll(TOKEN)}`, REDACTED],
    ['https://x/other?note=100%25', 'https://x/other?note=100%25'],
    ['https://x/sms/', 'https://x/sms/'],
    ['', ''],
  ])('%s', (url, expected) => {
    expect(redactWebhookUrl(url, TOKEN)).toBe(expected);
  });
});

describe('any other text', () => {
  it.each([
    ['nothing to hide, 100%', 'nothing to hide, 100%'],
    [`<${TOKEN}> and ${TOKEN}`, '<REDACTED> and REDACTED'],
    [`see ${escapeAll(TOKEN)}`, REDACTED],
    [`<${OTHER}> and x${OTHER}x`, '<REDACTED> and xREDACTEDx'],
    [`${OTHER}${TOKEN}${OTHER}`, 'REDACTEDREDACTEDREDACTED'],
    [`see ${escapeAll(OTHER)}`, REDACTED],
    ['https://x/sms/another-path', 'https://x/sms/another-path'],
  ])('%s', (text, expected) => {
    expect(redactToken(text, TOKEN)).toBe(expected);
  });

  it.each([
    ['a test of /sms/test', 'a test of /sms/REDACTED'],
    ['test', 'test'],
    ['%74est', '%74est'],
    ['http%3A%2F%2Fx%2Fsms%2Ftest', REDACTED],
  ])('with a token that is an ordinary word: %s', (text, expected) => {
    expect(redactToken(text, 'test')).toBe(expected);
  });

  it('is redacted wherever it holds a deployable token', async () => {
    const plugin = new URL('../../../infra/plugin/webhook-tokens.js', import.meta.url).href;
    expect(MIN_TOKEN_LENGTH).toBe((await import(plugin)).MIN_TOKEN_LENGTH);
    const [shortest, tooShort] = [TOKEN.slice(0, MIN_TOKEN_LENGTH), TOKEN.slice(0, 21)];
    expect(redactToken(shortest, shortest)).toBe(REDACTED);
    expect(redactToken(tooShort, tooShort)).toBe(tooShort);
  });
});

describe('a name for a log', () => {
  it.each([
    ['webhook_url', 'webhook_url'],
    ['a b~', 'a b~'],
    ['a\n\x7f\x85', 'a\\u000a\\u007f\\u0085'],
    ['é😀', '\\u00e9\\ud83d\\ude00'],
    ['x'.repeat(64), 'x'.repeat(64)],
    ['x'.repeat(65), 'x'.repeat(64)],
    [`${'x'.repeat(60)}é`, 'x'.repeat(60)],
    ['', ''],
  ])('%j', (name, expected) => {
    expect(printable(name)).toBe(expected);
  });

  it('is printable ASCII, 64 characters at most', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (name) => {
        expect(printable(name)).toMatch(/^[\x20-\x7e]{0,64}$/);
      }),
    );
  });
});

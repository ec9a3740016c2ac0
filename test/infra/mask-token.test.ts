import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MASK, maskTokens, maskUrl } from '../../infra/plugin/mask-token.js';

const TOKEN = 'Zq7-T0k_n.~Zq7-T0k_n.~';

/** A text as it is, in upper case, or with some characters percent-encoded once or twice. */
const spelled = (text: string) =>
  fc
    .array(fc.constantFrom('as it is', 'upper', 'escaped', 'escaped twice'), {
      minLength: text.length,
      maxLength: text.length,
    })
    .map((ways) =>
      [...text].map((character, place) => spellings(character)[ways[place] ?? '']).join(''),
    );

function spellings(character: string): Record<string, string> {
  const hex = character.charCodeAt(0).toString(16);
  return {
    'as it is': character,
    upper: character.toUpperCase(),
    escaped: `%${hex}`,
    'escaped twice': `%25${hex.toUpperCase()}`,
  };
}

const slashes = fc.constantFrom('/', '//', '/./', '%2F', '%252f', '///', '\\');
const URLS = fc
  .record({
    origin: fc.constantFrom(
      'https://sms.example.com',
      'http://localhost:3000',
      'HTTPS://me:TOKEN@h',
    ),
    stage: fc.constantFrom('/', '/prod', '//prod/v1'),
    before: slashes,
    sms: spelled('sms'),
    between: slashes,
    token: spelled(TOKEN),
    after: fc.constantFrom(
      '',
      '/',
      '//',
      '/?a=1',
      '?x=TOKEN',
      '#TOKEN',
      '/TOKEN',
      '/;a',
      '%2F',
      '/?#',
    ),
  })
  .map(({ origin, stage, before, sms, between, token, after }) =>
    `${origin}${stage}${before}${sms}${between}${token}${after}`.replaceAll('TOKEN', TOKEN),
  );

/** The text with all percent escapes undone, in lower case. */
function unescaped(text: string): string {
  const next = text.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return next === text ? text.toLowerCase() : unescaped(next);
}

/** Whether it has any four consecutive characters of the token. */
function holdsToken(text: string): boolean {
  const found = unescaped(text);
  const parts = [...TOKEN.toLowerCase()].map((_, at) => TOKEN.toLowerCase().slice(at, at + 4));
  return parts.some((part) => part.length === 4 && found.includes(part));
}

describe('a webhook URL', () => {
  it('is shown without its token, in any spelling', () => {
    fc.assert(
      fc.property(URLS, (url) => {
        expect(holdsToken(url)).toBe(true);
        const shown = maskUrl(url);
        expect(holdsToken(shown)).toBe(false);
        expect(shown.endsWith(MASK)).toBe(true);
        expect(shown.startsWith(new URL(url).origin)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is masked within a text, in any spelling, and nothing else is', () => {
    fc.assert(
      fc.property(URLS, (url) => {
        const [, origin = '', rest = ''] = /^(\w+:\/\/[^/\\%]+)(.*)$/s.exec(url) ?? [];
        fc.pre(!holdsToken(origin));
        const shown = maskTokens(`error: "${origin}${rest}" is no URL`);
        // Only a URL ignores `/./`.
        fc.pre(!/[/\\]\.[/\\]/.test(rest));
        expect(holdsToken(shown)).toBe(false);
        expect(shown.startsWith(`error: "${origin}`)).toBe(true);
        expect(shown.endsWith(`${MASK}" is no URL`)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['https://host:1/sms/s3cret?again=s3cret', `https://host:1/sms/${MASK}`],
    ['https://host/sms/s3cret/', `https://host/sms/${MASK}`],
    ['https://host/prod/SMS//s3cret#x', `https://host/prod/SMS//${MASK}`],
    ['https://me:s3cret@host/sms/', `https://host/${MASK}`],
    ['https://host/hooks/s3cret/incoming', `https://host/${MASK}`],
    ['https://host/?s3cret', 'https://host/'],
    ['no URL: s3cret', MASK],
  ])('%s is shown as %s', (url, shown) => {
    expect(maskUrl(url)).toBe(shown);
    expect(maskUrl(shown)).toBe(shown);
  });

  it.each(['It sends sms/day and /sms is full', 'http://localhost:3000', '/smsx/y'])(
    '%j holds no token',
    (text) => {
      expect(maskTokens(text)).toBe(text);
    },
  );
});

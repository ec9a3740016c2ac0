import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { HashedTokens, MAX_HASHES, REDACTED } from '../../../lib/http/find-tokens.ts';
import { redactorOf } from '../../../lib/http/redact.ts';
import { watchCrypto } from '../../helpers/node-modules.ts';

const sha256 = (token: string) => createHash('sha256').update(token).digest();
const known = (token: string) => ({ hash: sha256(token), length: token.length });
const ONE = 'abcdefghijklmnopqrst._';
const TWO = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123~-';

const countHashes = (action: () => void) => {
  const hash = watchCrypto('hash').mockClear();
  action();
  return hash.mock.calls.length;
};

describe('a token whose hash and length are known', () => {
  const tokens = [known(ONE), known(TWO)];

  it.each([
    [ONE, REDACTED],
    [`see https://x/sms/${TWO}?a=b`, `see https://x/sms/${REDACTED}?a=b`],
    [`x${ONE}y`, `x${REDACTED}y`],
    [`${ONE}${TWO}${ONE}`, REDACTED.repeat(3)],
    [ONE.slice(1), ONE.slice(1)],
    [`${ONE.slice(0, 10)} ${ONE.slice(10)}`, `${ONE.slice(0, 10)} ${ONE.slice(10)}`],
    ['', ''],
  ])('is redacted in %j', (text, redacted) => {
    expect(new HashedTokens(tokens).redact(text)).toBe(redacted);
  });

  it('counts only behind /sms/ if it is short', () => {
    const short = new HashedTokens([known('test')]);
    expect(short.redact('a test of /sms/test, /sms/testing')).toBe(
      'a test of /sms/REDACTED, /sms/REDACTEDing',
    );
    expect(short.redact('sms/test test')).toBe('sms/test test');
  });
});

describe('a token whose hash alone is known', () => {
  const tokens = new HashedTokens([{ hash: sha256(ONE) }, { hash: sha256('test') }]);

  it.each([
    [`see /sms/${ONE}?`, `see /sms/${REDACTED}?`],
    [`<${ONE}>`, `<${REDACTED}>`],
    ['a test of /sms/test', 'a test of /sms/REDACTED'],
  ])('is found only where it stands alone: %s', (text, redacted) => {
    expect(tokens.redact(text)).toBe(redacted);
  });
});

describe('the cost', () => {
  const text =
    'An ordinary text of 27 words, with https://example.com/a/link and a number +61400000001.';

  it('is no hash if one token is configured', () => {
    const redactor = redactorOf(ONE);
    expect(countHashes(() => redactor.text('x'.repeat(65_536)))).toBe(0);
    expect(countHashes(() => redactor.text('%41'.repeat(20_000)))).toBe(0);
  });

  it('is no hash for an ordinary text during a rotation', () => {
    const redactor = redactorOf(ONE, [known(TWO)]);
    expect(countHashes(() => redactor.text(text.repeat(10)))).toBe(0);
  });

  it('is one hash for each place where a token may begin', () => {
    const redactor = redactorOf(ONE, [known(TWO)]);
    expect(countHashes(() => redactor.text('x'.repeat(65_536)))).toBe(65_536 - 31);
  });

  it('is limited for each message; beyond the limit, nothing of a text is kept', () => {
    const lengths = Array.from({ length: 9 }, (_, n) => known(`${TWO}${'x'.repeat(n)}`));
    const redactor = redactorOf(ONE, lengths);
    const long = 'x'.repeat(65_536);
    expect(countHashes(() => expect(redactor.text(long)).toBe(REDACTED))).toBe(MAX_HASHES);
    expect(countHashes(() => expect(redactor.text(long)).toBe(REDACTED))).toBe(0);
    expect(redactor.text(text)).toBe(text);
  });

  it('stays below the limit for the longest text, with any escapes', () => {
    const lengths = Array.from({ length: 9 }, (_, n) => known(`${TWO}${'x'.repeat(n)}`));
    const redactor = redactorOf(ONE, lengths);
    const readAll = () => {
      for (const length of [128, 256, 256, 10_000, 256]) {
        const text = '%25252541'.padStart(length, 'x');
        expect(redactor.text(text)).toBe(text);
      }
    };
    const hashes = countHashes(readAll);
    expect(hashes).toBeGreaterThan(MAX_HASHES / 2);
    expect(hashes).toBeLessThan(MAX_HASHES);
  });
});

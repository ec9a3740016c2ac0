import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../lib/messages/sms-message.ts';
import { readFields, readSent, TOKEN } from '../../helpers/read-form.ts';

describe('the fingerprint', () => {
  it.each([
    // Stored records have these, from before texts that are not well-formed had their own fingerprint.
    [['a', 'b', 'c'], 'fa1844c2988ad15ab7b49e0ece09684500fad94df916859fb9a43ff85f5bb477'],
    [
      ['+61400000001', '+61400000002', 'Test Message'],
      '32b08505fcc80b23d6366c7ca452ba38e19e63fad047c04c957b736c1f3a69a0',
    ],
    [
      ['', 'Zoë 😀', '"\\\u0000\uFFFD'],
      '786d74421037f2cee8a61f9631af64785d8e4b1e0bed7e5660c63e77da526219',
    ],
  ])('of a well-formed message never changes: %j', (texts, hex) => {
    const [from = '', sms_number = '', body = ''] = texts;
    expect(fingerprint({ from, sms_number, body })).toBe(hex);
    expect(readFields({ from, sms_number, body }).fingerprint).toBe(hex);
  });

  it('covers the sent texts, tokens included', () => {
    const one = readFields({ body: `see ${TOKEN}` });
    const other = readFields({ body: 'see REDACTED' });
    expect(one.body).toBe(other.body);
    expect(one.fingerprint).not.toBe(other.fingerprint);
  });

  it.each([
    ['two broken bytes', 'body=%C3%A9%C3%A9%FF', 'body=%C3%A9%C3%A9%FE'],
    ['a broken byte and U+FFFD', 'body=%C3%A9%FF', 'body=%C3%A9%EF%BF%BD'],
    ['windows-1252 and its UTF-8', 'body=%E9', 'body=%C3%A9'],
    ['bytes and their hex', 'body=%E9', 'body=e9'],
    ['bytes and the JSON of their hex', 'body=%E9', 'body=%7B%22bytes%22%3A%22e9%22%7D'],
    ['two broken bytes in the sender', 'from=%C3%A9%FF', 'from=%C3%A9%FE'],
    ['two broken bytes in the recipient', 'sms_number=%C3%A9%FF', 'sms_number=%C3%A9%FE'],
    ['the same bytes elsewhere', 'from=%E9&body=1', 'from=1&body=%E9'],
  ])('differs for %s', (_, one, other) => {
    const [a, b] = [one, other].map((changed) => {
      const rest = ['message_id=m1', 'from=1', 'sms_number=2', 'body=x'].filter(
        (field) => !changed.includes(field.split('=')[0] ?? ''),
      );
      return readSent([...rest, changed].join('&')).message.fingerprint;
    });
    expect(a).not.toBe(b);
  });

  it('is equal only for equal bytes', () => {
    const bytes = fc
      .array(
        fc.oneof(
          fc.constantFrom('%C3%A9', '%E9', '%FF', '%EF%BF%BD', '%F0%9F', '%93', 'a', '%00', '"'),
          fc.constantFrom('%c3', '%a9', '%e2%82', '%61', '+', '%20'),
        ),
        { maxLength: 5 },
      )
      .map((parts) => parts.join(''));
    const unescaped = (text: string) =>
      Buffer.from(
        text
          .replaceAll('+', ' ')
          .replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString('hex');
    const of = (body: string) =>
      readSent(`message_id=m1&from=1&sms_number=2&body=${body}`).message.fingerprint;
    fc.assert(
      fc.property(bytes, bytes, (one, other) => {
        expect(of(one) === of(other)).toBe(unescaped(one) === unescaped(other));
      }),
      { numRuns: 5_000 },
    );
  });

  it('covers only sender, recipient and text', () => {
    const some = { from: 'a', sms_number: 'b', body: 'c' };
    expect(fingerprint(some)).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprint({ ...some, timestamp: 1 } as never)).toBe(fingerprint(some));
    for (const field of ['from', 'sms_number', 'body']) {
      expect(fingerprint({ ...some, [field]: 'd' })).not.toBe(fingerprint(some));
    }
  });

  it('differs if the same characters are split differently', () => {
    // Characters that an encoding could separate or escape with, so that a weak one would collide.
    const text = fc.string({
      unit: fc.constantFrom('a', ',', '"', '\\', '[', '1', ':', '\0', '\n'),
    });
    const cut = fc.tuple(fc.nat(), fc.nat());
    fc.assert(
      fc.property(text, cut, cut, (whole, one, other) => {
        const [a, b] = [one, other].map((ends) => cutInThree(whole, ends));
        const isSame = JSON.stringify(a) === JSON.stringify(b);
        expect(fingerprint(a as never) === fingerprint(b as never)).toBe(isSame);
      }),
      { numRuns: 1_000 },
    );
  });
});

function cutInThree(whole: string, ends: readonly number[]) {
  const [first = 0, second = 0] = ends.map((end) => end % (whole.length + 1)).sort((a, b) => a - b);
  return {
    from: whole.slice(0, first),
    sms_number: whole.slice(first, second),
    body: whole.slice(second),
  };
}

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeForm } from '../../../lib/http/form.ts';
import { refusedRequest } from '../../../lib/http/kept-request.ts';
import { redactorOf } from '../../../lib/http/redact.ts';
import { MAX_KEPT_BYTES } from '../../../lib/messages/quarantine.ts';
import { type EventOptions, someForm, webhookEvent } from '../../fixtures/webhook-event.ts';

const TOKEN = 'a-token-of-twenty-two-characters';
/** Another valid token. Only its hash and length are known. */
const OTHER = 'another-token-in-a-rotation';
const OTHERS = [{ hash: createHash('sha256').update(OTHER).digest(), length: OTHER.length }];

const kept = (body: string | Uint8Array, options: EventOptions = {}) =>
  refusedRequest(webhookEvent(body, options), 'invalid', [], redactorOf(TOKEN, OTHERS));
const textOf = (body: string | Uint8Array, options: EventOptions = {}) =>
  Buffer.from(kept(body, options).form).toString('latin1');

/** Undoes every escape, also repeated ones. */
function unescapeFully(text: string): string {
  const once = text.replace(/(?:%|\\u00)([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return once === text ? text : unescapeFully(once);
}

function expectNoToken(request: ReturnType<typeof kept>) {
  const all = unescapeFully(
    JSON.stringify({ ...request, form: Buffer.from(request.form).toString('latin1') }),
  );
  expect(all).not.toContain(TOKEN);
  expect(all).not.toContain(OTHER);
}

/** A token in a spelling with escapes. */
const spelling = fc
  .tuple(fc.constantFrom(TOKEN, OTHER), fc.constantFrom('', '%', '%25', '%2525'), fc.nat(20))
  .map(([token, sign, at]) => {
    const hex = token.charCodeAt(at).toString(16);
    return token.slice(0, at) + (sign ? `${sign}${hex}` : token[at]) + token.slice(at + 1);
  });

describe('the tokens of the webhook’s URL', () => {
  const fields = new URLSearchParams(someForm()).toString();

  it('are in no field and no name, in any spelling', () => {
    const part = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(spelling, part, part, fc.nat(4), (token, before, after, place) => {
        const text = `${before}${token}${after}`;
        const request = [
          () => kept(`${fields}&x=${text}`),
          () => kept(`${fields}&${text}=x`),
          () => kept(`${fields}&webhook_url=https://endpoint/sms/${text}`),
          () => kept(text),
          () => kept(fields, { contentType: text }),
        ][place];
        expectNoToken((request as () => ReturnType<typeof kept>)());
      }),
    );
  });

  it.each([
    ['JSON', `{"webhook_url":"https://endpoint/sms/${TOKEN}"}`],
    ['JSON with escapes', `{"x":"${TOKEN.replace('a', '\\u0061')}"}`],
    ['multipart', `--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n${OTHER}\r\n--b--`],
    ['XML', `<x>${TOKEN}</x>`],
  ])('are removed from %s', (_, body) => {
    expectNoToken(kept(body, { contentType: 'text/plain' }));
  });

  it.each([
    ['a form', 'x='],
    ['JSON', '{"x":"'],
  ])('leave no half behind at the cut of %s', (_, start) => {
    for (const token of [TOKEN, OTHER]) {
      // Each removed token makes room for what follows it.
      for (const tokens of [1, 1_000, 3_000]) {
        for (const shift of [0, 1, token.length - 1]) {
          const text = `${'-'.repeat(shift)} ${`${token} `.repeat(tokens)}`;
          const filler = ' '.repeat(Math.max(0, MAX_KEPT_BYTES - token.length / 2 - text.length));
          const { form } = kept(`${start}${filler}${text}`.padEnd(200_000, `${token} `));
          const left = Buffer.from(form).toString('latin1');
          expect(left).not.toContain(token.slice(0, 5));
        }
      }
    }
  });

  it('are removed, and nothing else is', () => {
    const sent = `${fields}&x=caf%E9+%26${TOKEN}%25&y=%F0%9F&webhook_url=https%3A%2F%2Fendpoint%2Fsms%2F${TOKEN}`;
    const { fields: read } = decodeForm(Buffer.from(textOf(sent), 'latin1'), 'windows-1252');
    expect(read.get('x')).toBe('café &REDACTED%');
    expect(read.get('webhook_url')).toBe('https://endpoint/sms/REDACTED');
    expect(textOf(sent)).toContain(`${fields}&x=`);
    expect(textOf(sent)).toContain('&y=%F0%9F&');
    expect(kept(sent).is_cut).toBe(false);
  });

  it('are in no webhook_url, even if they are no longer valid', () => {
    const text = textOf('webhook%5furl=https://endpoint/sms/an-older-token&x=an-older-token');
    expect(text).toBe('webhook%5furl=https://endpoint/sms/REDACTED&x=an-older-token');
  });

  it('remove the whole body if it is no form and they are escaped', () => {
    const json = `{"x":"${TOKEN.replace('a', '\\u0061')}"}`;
    const request = kept(json, { contentType: 'application/json' });
    expect(Buffer.from(request.form).toString()).toBe('REDACTED');
    expect(request.is_cut).toBe(true);
  });
});

describe('a kept request', () => {
  it('has the sent body, byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
        const request = kept(body);
        expect(Buffer.from(request.form)).toEqual(Buffer.from(body));
        expect(request.is_cut).toBe(false);
      }),
    );
    const odd = '&&a&=b&c==d&e=%zz&f=%C3%28&%00=\xff&';
    expect(textOf(Buffer.from(odd, 'latin1'))).toBe(odd);
  });

  it('has 64 KiB of a larger body', () => {
    const whole = kept(`x=${'a'.repeat(MAX_KEPT_BYTES - 2)}`);
    expect([whole.form.length, whole.is_cut]).toEqual([MAX_KEPT_BYTES, false]);
    const cut = kept(`x=${'a'.repeat(6_000_000)}`);
    expect([cut.form.length, cut.is_cut]).toEqual([MAX_KEPT_BYTES, true]);
    expect(kept('').form).toHaveLength(0);
  });

  it('has the text of a body that is not the base64 that it claims to be', () => {
    const event = { ...webhookEvent(), body: 'a=b&c', isBase64Encoded: true };
    const { form } = refusedRequest(event, 'not-a-form', [], redactorOf(TOKEN));
    expect(Buffer.from(form).toString()).toBe('a=b&c');
  });

  it('has the readable fields, and a message’s fingerprint', () => {
    const form = someForm({ from: `Name ${TOKEN}` });
    const request = kept(String(new URLSearchParams(form)));
    expect(request).toMatchObject({
      sent_message_id: form.message_id,
      from: 'Name REDACTED',
      sms_number: form.sms_number,
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      content_type: 'application/x-www-form-urlencoded',
    });
    const faulty = kept(String(new URLSearchParams({ ...form, from: '\n', message_id: 'a b' })));
    for (const name of ['sent_message_id', 'from', 'fingerprint']) {
      expect(faulty).not.toHaveProperty(name);
    }
    expect(faulty.sms_number).toBe(form.sms_number);
  });

  it('has no fingerprint if it is cut, because two texts may begin alike', () => {
    const request = kept(`${new URLSearchParams(someForm())}&x=${'a'.repeat(MAX_KEPT_BYTES)}`);
    expect(request).toHaveProperty('sent_message_id');
    expect(request).not.toHaveProperty('fingerprint');
  });

  it('has any content type in ASCII, shortened', () => {
    expect(kept('a', { contentType: null })).not.toHaveProperty('content_type');
    const contentType = `text/é${'x'.repeat(1_000)}`;
    expect(kept('a', { contentType }).content_type).toMatch(/^text\/\\u00e9x{245}$/);
  });
});

describe('the work for one request', () => {
  /** Characters that the redactor searches. */
  function searched(body: string | Uint8Array): number {
    let characters = 0;
    const real = redactorOf(TOKEN, OTHERS);
    const count = (redact: (text: string) => string) => (text: string) => {
      characters += text.length;
      return redact(text);
    };
    const redactor = { text: count(real.text), url: count(real.url) };
    refusedRequest(webhookEvent(body), 'too-large', [], redactor);
    return characters;
  }

  it.each([
    ['60,000 fields', `a=${'b'}&`.repeat(60_000)],
    ['6 MB of one field', `a=${'b'.repeat(6_000_000)}`],
    ['6 MB of fields', 'a&'.repeat(3_000_000)],
    ['6 MB without a field', '&'.repeat(6_000_000)],
    ['6 MB of escapes', '%'.repeat(6_000_000)],
    ['6 MB of timestamps', '&timestamp=1'.repeat(500_000)],
    ['6 MB of no form', `{${'['.repeat(6_000_000)}`],
  ])('is limited for %s', (_, body) => {
    expect(searched(body)).toBeLessThan(3 * MAX_KEPT_BYTES);
  });
});

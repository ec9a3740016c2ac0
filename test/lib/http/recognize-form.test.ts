import { beforeEach, describe, expect, it } from 'vitest';
import { redactorOf } from '../../../lib/http/redact.ts';
import type { Warning } from '../../../lib/http/warnings.ts';
import { readForm as readFormOf } from '../../../lib/http/webhook-request.ts';
import { PROVIDER_FORM, webhookEvent } from '../../fixtures/webhook-event.ts';

const warnings: Warning[] = [];
beforeEach(() => void warnings.splice(0));
const readForm = (event: Parameters<typeof readFormOf>[0]) =>
  readFormOf(event, {
    redactor: redactorOf('test'),
    warn: (warning) => void warnings.push(warning),
  });

describe('a form', () => {
  it.each([
    'text/plain',
    'application/json',
    'multipart/form-data; boundary=x',
    'x'.repeat(9_999),
    'text/plain; charset=utf-8',
  ])('is recognized even if it comes as %s, with a warning', (contentType) => {
    expect(readForm(webhookEvent(PROVIDER_FORM, { contentType })).fields.size).toBe(8);
    expect(warnings).toEqual([
      { metric: 'UnexpectedContentType', warning: 'the content type is not that of a form' },
    ]);
  });

  it('is read as UTF-8 if its charset is unknown, with a warning', () => {
    const contentType = 'application/x-www-form-urlencoded; charset=utf-16';
    expect(readForm(webhookEvent('a=%C3%A9', { contentType })).fields.get('a')).toBe('é');
    expect(warnings).toEqual([
      { metric: 'UnexpectedContentType', warning: 'the charset is unknown' },
    ]);
  });

  const fields = 'message_id=1&from=2&sms_number=3&body=4';
  it.each([
    '',
    'hello',
    '{"message_id":"1"}',
    'message_id=1&from=1&sms_number=2',
    'from=1&sms_number=2&body=2',
    `{"body":"a&${fields}&"}`,
    ` \n[{"body":"a&${fields}&"}]`,
    `\uFEFF{"body":"a&${fields}&"}`,
    `"a&${fields}"`,
    `<sms><![CDATA[a&${fields}]]></sms>`,
    `--x\r\nContent-Disposition: form-data; name="body"\r\n\r\na&${fields}&\r\n--x--`,
  ])('is not recognized in %j, unless its content type says so', (body) => {
    for (const contentType of [null, '', 'application/json', 'text/plain']) {
      expect(() => readForm(webhookEvent(body, { contentType }))).toThrow(
        expect.objectContaining({ outcome: 'not-a-form' }),
      );
    }
    expect(warnings).toEqual([]);
    expect(readForm(webhookEvent(body)).isCharsetKnown).toBe(true);
  });

  it('may have no content type, without a warning', () => {
    expect(readForm(webhookEvent(fields, { contentType: null })).fields.size).toBe(4);
    expect(warnings).toEqual([]);
  });
});

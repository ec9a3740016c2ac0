import { expect, it } from 'vitest';
import { fieldsOf, parseField, parseSeconds, parseUrl } from '../../../tools/cli/send-options.ts';

it('a field that is named counts more than the option for it', () => {
  const field = parseField('colour=red', parseField('body=a=b\nc'));
  expect(field).toEqual({ body: 'a=b\nc', colour: 'red' });
  expect(fieldsOf({ from: '1', to: '2', body: 'x', id: 'm', field })).toEqual({
    ...{ from: '1', sms_number: '2', message_id: 'm', body: 'a=b\nc', colour: 'red' },
  });
  expect(fieldsOf({ body: '' })).toEqual({ body: '' });
});

it.each(['colour', '=red', ''])('%j is no field', (text) => {
  expect(() => parseField(text)).toThrow('It must be NAME=VALUE.');
});

it.each([
  ['5', 5],
  ['0.2', 0.2],
  ['99999.999', 99_999.999],
])('%s is so many seconds', (text, seconds) => {
  expect(parseSeconds(text)).toBe(seconds);
});

it.each(['', '-1', '.5', '1.', '0.0001', '100000', '1e3'])('%j is no number of seconds', (text) => {
  expect(() => parseSeconds(text)).toThrow('It must be seconds');
});

it('a URL is of the web, and none that is not is quoted', () => {
  for (const url of ['http://host/sms/a', 'https://host/sms/a']) expect(parseUrl(url)).toBe(url);
  for (const url of ['host', 'ftp://host', 'file:///a']) {
    expect(() => parseUrl(url)).toThrow(/^--url must be an http or https URL\.$/);
  }
});

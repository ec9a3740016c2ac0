import { expect, it } from 'vitest';
import { fieldsOf, parseField, parseUrl, secondsFrom } from '../../../tools/cli/commands/send.ts';

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
  ['0.001', 0.001],
])('%s is so many seconds', (text, seconds) => {
  expect(secondsFrom(0.001)(text)).toBe(seconds);
});

it.each(['', '-1', '.5', '1.', '0', '0.0001', '100000', '1e3'])(
  '%j is no number of seconds, and the limits are named',
  (text) => {
    expect(() => secondsFrom(0.001)(text)).toThrow('It must be seconds from 0.001 to 99999.999');
  },
);

it('a delay may be 0', () => {
  expect(secondsFrom(0)('0')).toBe(0);
});

it('a URL is of the web, and none that is not is quoted', () => {
  for (const url of ['http://host/sms/a', 'https://host/sms/a']) expect(parseUrl(url)).toBe(url);
  for (const url of ['host', 'ftp://host', 'file:///a']) {
    expect(() => parseUrl(url)).toThrow(/^--url must be an http or https URL\.$/);
  }
});

import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../../../tools/console/page/send/progress.ts';
import {
  EMPTY_FIELDS,
  errorsOf,
  fieldOf,
  requestOf,
} from '../../../../tools/console/page/send/send-fields.ts';
import { FICTITIOUS } from '../../../../tools/pbx-simulator/request.ts';

describe('the form', () => {
  it('begins with the numbers that the simulator has by default', () => {
    expect(EMPTY_FIELDS).toMatchObject(FICTITIOUS);
  });

  it('becomes a request, with an id only if there is one', () => {
    const { from, sms_number, body } = EMPTY_FIELDS;
    const request = { from, sms_number, body, copies: 1, retryDelayMs: 1000 };
    expect(requestOf(EMPTY_FIELDS)).toEqual(request);
    expect(requestOf({ ...EMPTY_FIELDS, message_id: ' m1 ', copies: 10 })).toEqual({
      ...request,
      copies: 10,
      message_id: 'm1',
    });
  });

  it('leaves numbers and text as they were typed', () => {
    const typed = { ...EMPTY_FIELDS, from: ' 61 ', body: ' \n' };
    expect(requestOf(typed)).toMatchObject({ from: ' 61 ', body: ' \n' });
  });

  it.each(['', '-1', '1.5', 'soon', '1e3', '1000000'])('refuses %j as a delay', (retryDelayMs) => {
    expect(errorsOf({ ...EMPTY_FIELDS, retryDelayMs })).toHaveProperty('retryDelayMs');
  });

  it.each(['0', '1000', ' 250 '])('takes %j as a delay', (retryDelayMs) => {
    expect(errorsOf({ ...EMPTY_FIELDS, retryDelayMs })).toEqual({});
  });

  it.each([
    ['`copies` must be a whole number from 1 to 10', 'copies'],
    ['message_id: must be a string', 'message_id'],
    ['sms_number is missing, and so is from', 'sms_number'],
    ['from must differ from sms_number', 'from'],
    ['The server is too busy', undefined],
  ])('finds the field of the refusal %j', (refusal, field) => {
    expect(fieldOf(refusal)).toBe(field);
  });
});

describe('an answer', () => {
  it.each([
    [
      'problem details',
      JSON.stringify({
        title: 'The form has faults',
        detail: 'Fields are missing or malformed',
        errors: [{ field: 'from', reason: 'is empty' }, { field: 1 }, null],
      }),
      {
        title: 'The form has faults',
        detail: 'Fields are missing or malformed',
        faults: ['from is empty'],
      },
    ],
    ['a 200', '{"outcome":"published","message_id":"m1"}', { title: 'published', faults: [] }],
    ['API Gateway', '{"message":"Internal Server Error"}', { title: 'Internal Server Error' }],
    ['other JSON', '{"a":1}', { title: '{"a":1}', faults: [] }],
    ['a list', '[1]', { title: '[1]', faults: [] }],
    ['why there was none', 'TypeError: ECONNRESET', { title: 'TypeError: ECONNRESET' }],
    ['nothing', ' ', { title: 'An empty answer', faults: [] }],
  ])('of %s is read', (_, body, read) => {
    expect(readAnswer(body)).toMatchObject(read);
  });

  it('is cut if it is long', () => {
    expect(readAnswer('x'.repeat(1000)).title).toBe(`${'x'.repeat(300)}…`);
  });
});

import { expect, it } from 'vitest';
import { searchMatcher } from '../../../tools/console/search.ts';
import { someMessage } from '../../fixtures/messages.ts';

const MESSAGE = someMessage({
  message_id: 'ID-7',
  from: '+61491570006',
  sms_number: '0291570156',
  body: 'Grüße, JOSÉ\nfrom 100 friends',
});

it.each([
  'grüße',
  'GRÜßE',
  'josé\nfrom',
  'jose\u0301',
  ' josé ',
  'id-7',
  '+61491570006',
  '61491570006',
  '+61 491 570 006',
  '0491 570 006',
  '(0491) 570-006',
  '491 570',
  '+61 2 9157 0156',
  '02 9157 0156',
  '100 friends',
  // The fewest digits of a number, in each of its forms.
  '49 1',
  '0491',
  '049',
  '61 291',
  '61 2',
  '+61 (0)49',
  '0011 61 491',
  '0061 491 570 006',
  'tel:+61-491-570-006',
  '\u202a0491\u00a0570\u00a0006\u202c',
  '０４９１５７０００６',
  // The begin of a number.
  '02',
  '04',
  // Each word, wherever it is.
  'friends josé',
  'FROM 491 570 006',
  '0491 570 006 friends 100',
  '100 0491570006',
  '0491570006 0291570156',
  '+61 491 570 006 +61 2 9157 0156',
  '006 100',
  'id-7 0156 grüße',
  '',
  ' ',
])('finds %j', (text) => {
  expect(searchMatcher(text, 'AU')(MESSAGE)).toBe(true);
});

it.each([
  'bonjour',
  'ID-8',
  '+61 491 570 007',
  '0391570156',
  '2491570006',
  // Spaces are part of a text that is no number.
  '100friends',
  // Too little to be a number.
  '9 1',
  // One of the words is nowhere.
  'call 491 570',
  'friends bonjour',
  '0491 570 006 200',
  '0491570006 0291570157',
  // The digits of one number, in another order.
  '0491 006 570',
])('does not find %j', (text) => {
  expect(searchMatcher(text, 'AU')(MESSAGE)).toBe(false);
});

it('takes a name for a name, whatever digits it has', () => {
  const fromShop = { ...MESSAGE, from: 'Shop 491', body: '' };
  expect(searchMatcher('shop 491', 'AU')(fromShop)).toBe(true);
  expect(searchMatcher('4-9-1', 'AU')(fromShop)).toBe(false);
});

it('goes by the country', () => {
  const message = someMessage({ from: '+14155550100', sms_number: '(212) 555-0199' });
  expect(searchMatcher('415 555', 'US')(message)).toBe(true);
  expect(searchMatcher('+1 212 555', 'US')(message)).toBe(true);
  expect(searchMatcher('+1 212 555', 'AU')(message)).toBe(false);
});

const CALLER = someMessage({
  message_id: '9abed798-1498-4f4c-a8d2-51d30123bed0',
  from: '',
  sms_number: '',
  body: 'Call 0412 345 678. It is late by 97',
});

it.each([
  // The number in the text, however it is typed.
  '0412345678',
  '0412 345 678',
  '+61412345678',
  '+61 (0)412 345-678',
  '04123456',
  // The id, its beginning, and a part of it.
  '9abed798-1498-4f4c-a8d2-51d30123bed0',
  '9ABE',
  '8-1498',
  // As an empty number is shown.
  'withheld',
  '(withheld) unknown',
])('finds %j in a text, an id or in place of a number', (text) => {
  expect(searchMatcher(text, 'AU')(CALLER)).toBe(true);
});

it.each([
  '0412345679',
  '0412 345 679',
  // So short, they are in many ids by chance.
  'bed',
  '98',
  'late by 98',
  '9ab',
  '8-149',
  // The digits of an id are no number.
  '1498448251',
  'held',
])('does not find %j in a text, an id or in place of a number', (text) => {
  expect(searchMatcher(text, 'AU')(CALLER)).toBe(false);
});

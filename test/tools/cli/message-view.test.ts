import { expect, it } from 'vitest';
import { messageRow, stateOf } from '../../../tools/cli/message-view.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { publishedAt } from './stored-messages.ts';

it('no cell of a message can turn the text around', () => {
  const changes = { from: 'a\u202eb', sms_number: 'c\u202ed', body: 'e\u202ef\ng' };
  const row = messageRow(someRecord(changes), { style: (_, text) => text });
  expect(row).toEqual(
    expect.arrayContaining([
      { shown: 'a\\u202eb', value: 'a\\u202eb' },
      { shown: 'c\\u202ed', value: 'c\\u202ed' },
      'e\\u202ef\ng',
      'pending',
    ]),
  );
});

it('a number that is withheld has a word in its place, for people', () => {
  const row = messageRow(someRecord({ from: '', sms_number: '' }), { style: (_, text) => text });
  expect(row.slice(1, 3)).toEqual([
    { shown: '(withheld)', value: '' },
    { shown: '(unknown)', value: '' },
  ]);
});

it('a message is being published until its claim ends', () => {
  const message = someRecord({ claim: { owner: 'somebody', until: 1_000 } });
  expect(stateOf(message, 999)).toBe('publishing');
  expect(stateOf(message, 1_000)).toBe('pending');
  expect(stateOf({ ...message, ...publishedAt(1) }, 999)).toBe('published');
});

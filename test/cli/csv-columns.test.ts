import { expect, it } from 'vitest';
import { CSV_COLUMNS, csvCells, withoutFormula } from '../../cli/csv-columns.ts';
import { someRecord } from '../fixtures/messages.ts';
import { publishedAt } from './stored-messages.ts';

it('a message has a cell for each column', () => {
  const message = { ...someRecord({ extra: { a: 'b' } }), ...publishedAt(2_000), expires_at: 3 };
  const cells = csvCells(message);
  expect(Object.fromEntries(CSV_COLUMNS.map((name, index) => [name, cells[index]]))).toEqual({
    ...{ message_id: message.message_id, service_id: '4711', timestamp: 1_576_391_654 },
    ...{ from: '+61400000001', sms_number: '+61400000002', body: 'Test Message' },
    ...{ received_at: 1_000_000, state: 'published', requests: 1, attempts: 1 },
    ...{ published_at: 2_000, sns_message_id: 'sns-2000', expires_at: 3, extra: '{"a":"b"}' },
  });
});

it.each(['=1+1', '+1+1', '+61 400', '-1', '@SUM(A1)', '\t=1', '\r=1'])(
  '%j is made none that a spreadsheet runs',
  (text) => {
    expect(withoutFormula(text)).toBe(`'${text}`);
  },
);

it.each(['+61400000001', 'a=1', '', -5, undefined])('%j stays as it is', (cell) => {
  expect(withoutFormula(cell)).toBe(cell);
});

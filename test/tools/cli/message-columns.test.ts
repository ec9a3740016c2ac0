import { expect, it } from 'vitest';
import type { ArchivedMessage } from '../../../tools/archive/message-archive.ts';
import {
  type CsvDialect,
  csvCells,
  csvColumns,
  publicStateOf,
} from '../../../tools/archive/message-file.ts';
import { messageRow } from '../../../tools/cli/message-columns.ts';
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
  expect(publicStateOf(message, 999)).toBe('publishing');
  expect(publicStateOf(message, 1_000)).toBe('pending');
  expect(publicStateOf({ ...message, ...publishedAt(1) }, 999)).toBe('published');
});

const RECORD = {
  ...someRecord({ body: '=1', extra: { a: 'b' } }),
  ...publishedAt(2_000),
  expires_at: 3,
};

function row(message: ArchivedMessage, dialect: CsvDialect): object {
  const cells = csvCells(message, dialect);
  const names = csvColumns(dialect);
  expect(cells).toHaveLength(names.length);
  return Object.fromEntries(names.map((name, index) => [name, cells[index]]));
}

const EXACT = {
  ...{ message_id: RECORD.message_id, service_id: '4711', timestamp: 1_576_391_654 },
  ...{ from: '+61400000001', sms_number: '+61400000002', body: '=1' },
  ...{ received_at: 1_000_000, state: 'published', requests: 1, attempts: 1 },
  ...{ published_at: 2_000, sns_message_id: 'sns-2000', expires_at: 3, extra: '{"a":"b"}' },
};

it('a message has a cell for each column, exact for programs', () => {
  expect(row(RECORD, 'exact')).toEqual(EXACT);
});

it('has guarded texts for spreadsheets, and ISO 8601 beside the epoch', () => {
  expect(row(RECORD, 'spreadsheet')).toEqual({
    ...EXACT,
    ...{ from: "'+61400000001", sms_number: "'+61400000002", body: "'=1" },
    timestamp_iso: '2019-12-15T06:34:14.000Z',
    received_at_iso: '1970-01-01T00:16:40.000Z',
    published_at_iso: '1970-01-01T00:00:02.000Z',
    expires_at_iso: '1970-01-01T00:00:03.000Z',
  });
  expect(csvColumns('spreadsheet').slice(5, 8)).toEqual([
    'timestamp',
    'timestamp_iso',
    'received_at',
  ]);
});

it('has no ISO time without a time, or with one beyond the calendar', () => {
  const { timestamp, ...untimed } = someRecord();
  expect(row(untimed, 'spreadsheet')).toMatchObject({ timestamp_iso: undefined });
  const beyond = { ...untimed, timestamp: 9e15 };
  expect(row(beyond, 'spreadsheet')).toMatchObject({ timestamp: 9e15, timestamp_iso: undefined });
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { CHAOS, SMS } from '../../fakes/fake-console-source.ts';
import { ServedApi } from '../../helpers/console-site.ts';

const api = ServedApi.forEachTest();
afterEach(() => void vi.restoreAllMocks());

describe('inputs', () => {
  it('of a list are handed over as what they are', async () => {
    const search =
      'limit=500&before=1%2Fa&from=%2B61&sms_number=&isExact=true&search=x&state=conflict';
    await api.get(`messages?${search}&since=1&until=2&replay=r`);
    await api.get('messages');
    expect(api.source.asked).toEqual([
      [
        'list',
        {
          limit: 500,
          before: '1/a',
          from: '+61',
          sms_number: '',
          isExact: true,
          search: 'x',
          state: 'conflict',
          since: 1,
          until: 2,
          replay: 'r',
        },
      ],
      ['list', {}],
    ]);
  });

  it('of a message is its id, whatever is in it', async () => {
    const id = 'a/b?c#d%"e';
    expect((await api.get(`messages/${encodeURIComponent(id)}`)).json.summary.message_id).toBe(id);
  });

  it('of the PBX may be wrong in any way that the webhook can tell', async () => {
    const request = { ...SMS, from: '', copies: 10, count: 1, retryDelayMs: 0, message_id: ' ' };
    expect((await api.send('POST', 'send', request)).status).toBe(200);
    expect(api.source.asked).toEqual([['send', request]]);
  });

  it.each([
    ['limit=0', 'limit must be a whole number from 1 to 500.'],
    ['limit=501', 'limit must be'],
    ['limit=1.5', 'limit must be'],
    ['limit=', 'limit must be'],
    ['before=', 'before must not be empty.'],
    [`before=${'1'.repeat(201)}`, 'before must have 200 characters at most.'],
    [`search=${'x'.repeat(1_001)}`, 'search must have 1000 characters at most.'],
    [
      'state=lost',
      'state must be one of pending, stored, publishing, overdue, published, late, retried, conflict, replayed.',
    ],
    ['isExact=1', 'isExact must be true or false.'],
    ['since=-1', 'since must be'],
    ['until=yesterday', 'until must be'],
    ['replay=', 'replay must not be empty.'],
    ['since=5&until=5', '“Before” must be later than “Since”.'],
    ['from=a&from=b', '"from" is there more than once.'],
    ['form=a', '"form" is not known; there are limit, before, since,'],
  ])('of a list are refused: %s', async (query, detail) => {
    const { status, headers, json } = await api.get(`messages?${query}`);
    expect(status).toBe(400);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json).toEqual({
      title: 'The request is not right',
      status: 400,
      detail: expect.stringContaining(detail),
    });
    expect(api.source.asked).toEqual([]);
  });

  it.each([
    ['replay', {}, 'message_ids is missing.'],
    ['replay', { message_ids: [] }, 'message_ids must be 1 to 1000 texts'],
    ['replay', { message_ids: Array(1_001).fill('a') }, 'message_ids must be'],
    ['replay', { message_ids: [''] }, 'message_ids must be'],
    ['replay', { message_ids: ['a'.repeat(129)] }, 'message_ids must be'],
    ['replay', { message_ids: 'a' }, 'message_ids must be'],
    ['replay', { message_ids: ['a'], all: true }, '"all" is not known'],
    ['replay', [], 'The body must be a JSON object.'],
    ['replay', null, 'The body must be a JSON object.'],
    ['send', { ...SMS, from: 5 }, 'from must be a text.'],
    ['send', { ...SMS, body: undefined }, 'body is missing.'],
    ['send', { ...SMS, sms_number: undefined }, 'sms_number is missing.'],
    ['send', { ...SMS, copies: 0 }, 'copies must be a whole number from 1 to 10.'],
    ['send', { ...SMS, copies: '2' }, 'copies must be'],
    ['send', { ...SMS, count: 1_001 }, 'count must be a whole number from 1 to 1000.'],
    ['send', { ...SMS, retryDelayMs: 60_001 }, 'retryDelayMs must be'],
    ['send', { ...SMS, message_id: 'a', count: 2 }, 'message_id goes with one message only'],
    ['send', { ...SMS, extra: {} }, '"extra" is not known'],
    ['filter', {}, 'policy is missing.'],
    ['filter', { policy: {} }, 'policy must be a text.'],
    ['filter', { policy: 'refused' }, 'SNS refuses it.'],
  ])('of POST %s are refused: %j', async (path, body, detail) => {
    const { status, json } = await api.send('POST', path, body);
    expect(status).toBe(400);
    expect(json.detail).toContain(detail);
    expect(api.source.asked).toEqual([]);
  });

  it.each([
    [{ snsDown: 1 }, 'snsDown must be true or false.'],
    [{ dynamodbDelayMs: 10_001 }, 'dynamodbDelayMs must be a whole number from 0 to 10000.'],
    [{ dropPutAnswer: undefined }, 'dropPutAnswer is missing.'],
    [{ killBeforePublish: null }, 'killBeforePublish must be true or false.'],
    [{ fire: true }, '"fire" is not known'],
  ])('of PUT chaos are refused: %j', async (change, detail) => {
    const { status, json } = await api.send('PUT', 'chaos', { ...CHAOS, ...change });
    expect(status).toBe(400);
    expect(json.detail).toContain(detail);
    expect((await api.get('chaos')).json.snsDown).toBe(false);
  });
});

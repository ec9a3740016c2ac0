import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../lib/messages/sms-message.ts';
import { type FieldValues, messageIn } from '../../../tools/archive/read-quarantined.ts';
import { formOf, KEPT, SENT_ID, someEntry, someInvalidEntry } from '../../fixtures/quarantined.ts';

const ID = someEntry().quarantine_id;
const BYTES = Buffer.from('message_id=m&from=a&sms_number=2&body=caf%E9&webhook_url=x');

const read = (entry = someEntry(), values: FieldValues = {}) => {
  const result = messageIn(entry, values);
  return 'message' in result ? result.message : expect.unreachable(JSON.stringify(result));
};
const faultsOf = (entry = someEntry(), values: FieldValues = {}) => {
  const result = messageIn(entry, values);
  return 'faults' in result ? result.faults : expect.unreachable('It is a message');
};

describe('an entry’s message', () => {
  it('is the sent one', () => {
    expect(read()).toEqual({
      message_id: SENT_ID,
      from: KEPT.from,
      sms_number: KEPT.sms_number,
      body: KEPT.body,
      extra: { webhook_url: KEPT.webhook_url },
      fingerprint: fingerprint(KEPT),
    });
  });

  it('keeps the sent message’s fingerprint, which includes tokens', () => {
    const sent = fingerprint({ ...KEPT, body: 'with a token' });
    const entry = someEntry({ fingerprint: sent });
    expect(read(entry).fingerprint).toBe(sent);
    const values = { service_id: '7', from: '+61400000009', sms_number: '+61400000008', body: 'B' };
    expect(read(entry, values)).toMatchObject({ ...values, fingerprint: sent });
  });

  it('is decoded as by the webhook', () => {
    const { fingerprint: _, ...entry } = someEntry({ form: BYTES, sent_message_id: 'm' });
    const { body, fingerprint: made } = read(entry);
    expect(body).toBe('café');
    const bytes = Buffer.from('caf\xe9', 'latin1').toString('hex');
    expect(made).toBe(fingerprint({ from: 'a', sms_number: '2', body: { bytes } }));
    const set = read(entry, { body: 'café' });
    expect(set.fingerprint).toBe(fingerprint({ from: 'a', sms_number: '2', body: 'café' }));
  });

  it('of a conflict has its own id and names the other message', () => {
    const entry = someEntry({ reason: 'conflict' });
    expect(read(entry)).toMatchObject({
      message_id: `${SENT_ID}.conflict-${ID.slice(0, 16)}`,
      extra: { conflicts_with: SENT_ID, webhook_url: KEPT.webhook_url },
      fingerprint: entry.fingerprint,
    });
    const named = read(entry, { message_id: 'other' });
    expect(named).toMatchObject({ message_id: 'other', extra: { conflicts_with: SENT_ID } });
  });

  it('of a conflict keeps a sent field with the name conflicts_with', () => {
    const form = formOf({ ...KEPT, conflicts_with: 'theirs' });
    const { extra } = read(someEntry({ reason: 'conflict', form }));
    expect(extra).toMatchObject({ conflicts_with: SENT_ID, conflicts_with_: 'theirs' });
  });

  it('of a conflict names the other message even if extra is full', () => {
    const form = formOf({ a: 'x'.repeat(5_000), ...KEPT });
    const { extra } = read(someEntry({ reason: 'conflict', form }));
    expect(extra).toMatchObject({ conflicts_with: SENT_ID, '[CUT]': expect.any(String) });
  });

  it('of a conflict has an id that fits, even if the sent one is long', () => {
    const sent_message_id = 'm'.repeat(128);
    const { message_id } = read(someEntry({ reason: 'conflict', sent_message_id }));
    expect(message_id).toBe(`${'m'.repeat(100)}.conflict-${ID.slice(0, 16)}`);
  });

  it.each([undefined, '', 'two words'])('without a valid id (%j) gets one', (message_id) => {
    const entry = someInvalidEntry({ message_id }, 'message_id is empty');
    expect(read(entry)).toMatchObject({ message_id: `quarantine-${ID}`, body: KEPT.body });
  });

  it('of a body that is no form is made of the set values', () => {
    const { fingerprint: _, from, sms_number, sent_message_id, ...rest } = someEntry();
    const json = { form: Buffer.from('{"text":"Hi"}'), content_type: 'application/json' };
    const entry = { ...rest, reason: 'not-a-form' as const, ...json };
    expect(faultsOf(entry)).toEqual(
      ['from', 'sms_number', 'body'].map((field) => ({ field, reason: 'is missing' })),
    );
    const values = { from: '+61400000001', sms_number: '+61400000002', body: 'Hi' };
    const made = { ...values, message_id: `quarantine-${ID}`, extra: {} };
    expect(read(entry, values)).toEqual({ ...made, fingerprint: fingerprint(values) });
  });

  it('needs values that correct its faults', () => {
    const entry = someInvalidEntry({ from: undefined, body: undefined }, 'from is missing');
    expect(faultsOf(entry)).toEqual([
      { field: 'from', reason: 'is missing' },
      { field: 'body', reason: 'is missing' },
    ]);
    expect(faultsOf(entry, { from: 'a' })).toEqual([{ field: 'body', reason: 'is missing' }]);
    expect(read(entry, { from: '', body: 'b' })).toMatchObject({ from: '', body: 'b' });
  });

  it('has a set value instead of a field that was sent twice', () => {
    const form = Buffer.concat([formOf(KEPT), Buffer.from('&from=other')]);
    const entry = { ...someInvalidEntry({}, 'from is there more than once'), form };
    expect(faultsOf(entry)).toEqual([{ field: 'from', reason: 'is there more than once' }]);
    expect(read(entry, { from: '+61400000009' })).toMatchObject({
      from: '+61400000009',
      extra: { webhook_url: KEPT.webhook_url },
    });
  });

  it('keeps the id with which the PBX may still deliver it', () => {
    const reason = 'cannot be set: the PBX may still deliver the message under the id that it has';
    const values = { message_id: 'other' };
    expect(faultsOf(someEntry(), values)).toEqual([{ field: 'message_id', reason }]);
    const invalid = someInvalidEntry({ from: undefined }, 'from is missing');
    expect(read(invalid, { ...values, from: 'a' }).message_id).toBe('other');
  });

  it('accepts no malformed value', () => {
    const wrong = { timestamp: 'yesterday', service_id: 'a\u0000' };
    expect(faultsOf(someEntry(), wrong)).toEqual(
      ['service_id', 'timestamp'].map((field) => ({ field, reason: 'is malformed' })),
    );
    expect(faultsOf(someEntry(), { message_id: 'two words' })).toEqual([
      { field: 'message_id', reason: 'must be 1 to 128 visible ASCII characters' },
    ]);
    const values = { timestamp: '1576391654', service_id: '4711' };
    expect(read(someEntry(), values)).toMatchObject({
      timestamp: 1_576_391_654,
      service_id: '4711',
    });
    expect(read(someEntry(), { timestamp: '', service_id: '' })).not.toHaveProperty('timestamp');
  });
});

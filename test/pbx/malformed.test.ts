import { expect, it } from 'vitest';
import { MALFORMED, MALFORMED_KINDS } from '../../pbx/malformed.ts';
import { formRequest, pbxFields } from '../../pbx/request.ts';

const request = formRequest(pbxFields('https://example.com/sms/test', { message_id: 'm-1' }));

it.each(MALFORMED_KINDS)('%s differs from the request of the guide', (kind) => {
  expect(MALFORMED[kind].alter(request)).not.toEqual(request);
});

it('makes up what is of each message, and sends the rest as it is told', () => {
  const [one, other] = [pbxFields('u'), pbxFields('u', { body: '', colour: 'red' })];
  expect(one.message_id).not.toBe(other.message_id);
  expect(other).toMatchObject({ body: '', colour: 'red', webhook_url: 'u' });
});

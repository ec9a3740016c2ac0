import { expect, it } from 'vitest';
import { markAttribute } from '../../../../lib/aws/delivery-marks.ts';
import { Facts } from '../../../../tools/console/lab/facts.ts';
import type { ConsoleEvents } from '../../../../tools/console/protocol.ts';
import type { AnsweredRequest } from '../../../../tools/local/gateway.ts';

const request = (route: string): AnsweredRequest => ({
  requestId: 'request-1',
  route,
  body: Buffer.from('message_id=a'),
  response: { status: 200, headers: {}, body: Buffer.from('{"outcome":"published"}') },
  isSent: true,
  ms: 1,
});

it('only a request to the webhook is an attempt', async () => {
  const facts = new Facts();
  facts.answered(request('GET /health'));
  expect(await facts.attempts.recent()).toMatchObject({ attempts: [] });
  expect(facts.fates.counters().sent).toBe(0);
  facts.answered(request('ANY /sms/{token}'));
  expect(await facts.attempts.recent()).toMatchObject({
    attempts: [{ status: 200, message_id: 'a' }],
  });
  expect(facts.fates.counters().sent).toBe(1);
});

it('what somebody else publishes is shown, and belongs to no message', () => {
  const facts = new Facts();
  const heard: (keyof ConsoleEvents)[] = [];
  using _ = facts.events.add((...[name]) => void heard.push(name));
  facts.notified({ message: 'plain', attributes: {} });
  facts.notified({ message: '{}', attributes: { message_id: 'a' } });
  expect(heard).toEqual(['subscriber', 'subscriber', 'timeline']);
  expect(facts.timelines.of('')).toEqual([]);
  expect(facts.timelines.of('a')).toMatchObject([{ kind: 'delivered' }]);
});

it('a call for a delivery mark is in the timeline, and does not have the table asked again', () => {
  const facts = new Facts();
  facts.answered(request('ANY /sms/{token}'));
  facts.fates.takeUnread();
  const called = (ExpressionAttributeNames: Readonly<Record<string, string>>) =>
    facts.called({
      call: {
        ...{ service: 'dynamodb', operation: 'UpdateItem', index: 0, nth: 0, at: 1 },
        body: { Key: { message_id: { S: 'a' } }, ExpressionAttributeNames },
      },
      ...{ ms: 1, end: 'answered', answer: { status: 200, body: '{}' } },
    });
  called({ '#mark': markAttribute('crm') });
  expect(facts.timelines.of('a')).toMatchObject([{ kind: 'call', subscriber: 'crm' }]);
  expect(facts.fates.takeUnread()).toEqual([]);
  called({ '#from': 'from' });
  expect(facts.fates.takeUnread()).toEqual(['a']);
});

import { expect, it } from 'vitest';
import { markAttribute } from '../../../../lib/aws/delivery-marks.ts';
import { quarantineKeyOf } from '../../../../lib/aws/quarantine-item.ts';
import { viewsOf } from '../../../../tools/console/lab/aws-calls.ts';

it.each([
  ['GetItem', { ProjectionExpression: '#mark' }, 'read the delivery mark'],
  ['UpdateItem', { UpdateExpression: 'SET #mark = :mark' }, 'mark the delivery'],
])('%s of a delivery mark is about its message and its subscriber', (operation, body, purpose) => {
  const Key = { message_id: { S: 'm1' } };
  const ExpressionAttributeNames = { '#mark': markAttribute('my-crm') };
  const call = {
    ...{ service: 'dynamodb' as const, operation, index: 0, nth: 0, at: 1 },
    body: { Key, ExpressionAttributeNames, ...body },
  };
  const answer = { status: 200, body: '{}' };
  expect(viewsOf({ call, ms: 2, end: 'answered', answer })).toEqual([
    {
      ...{ at: 1, ms: 2, service: 'dynamodb', operation, purpose },
      ...{ message_id: 'm1', subscriber: 'my-crm', status: 200 },
    },
  ]);
});

it('an e-mail that the forwarder hands to SNS does not count as a publication of its message', () => {
  const body = { TopicArn: 'arn:team', Subject: 'SMS', Message: 'Hello\n\nMessage id: m1\n' };
  const call = { service: 'sns' as const, operation: 'Publish', index: 0, nth: 0, at: 1, body };
  expect(viewsOf({ call, ms: 2, end: 'answered', answer: { status: 200, body: '' } })).toEqual([]);
});

it('what keeps a refused request is about no message', () => {
  const Key = { message_id: { S: quarantineKeyOf('0123') } };
  const body = { Key, UpdateExpression: 'SET requests = :one' };
  const call = {
    ...{ service: 'dynamodb' as const, operation: 'UpdateItem', index: 0, nth: 0, at: 1 },
    body,
  };
  expect(viewsOf({ call, ms: 2, end: 'answered', answer: { status: 200, body: '' } })).toEqual([]);
});

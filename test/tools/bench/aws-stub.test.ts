import { expect, it } from 'vitest';
import { updated } from '../../../tools/bench/aws-stub.ts';

const item = { id: { S: '1' }, claim_owner: { S: 'me' }, status: { S: 'INPROGRESS' } };

it('sets and removes attributes, under their names or placeholders', () => {
  const result = updated(item, {
    UpdateExpression: 'SET published_at = :at, #status = :status REMOVE claim_owner, absent',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: { ':at': { N: '5' }, ':status': { S: 'COMPLETED' } },
  });
  expect(result).toEqual({ id: { S: '1' }, published_at: { N: '5' }, status: { S: 'COMPLETED' } });
  expect(item.claim_owner).toEqual({ S: 'me' });
});

it('leaves counts out, which nobody looks at here', () => {
  const result = updated(item, {
    UpdateExpression:
      'SET claim_owner = :owner, requests = if_not_exists(requests, attempts), ' +
      'attempts = if_not_exists(attempts, :zero) + :one',
    ExpressionAttributeValues: { ':owner': { S: 'you' }, ':zero': { N: '0' }, ':one': { N: '1' } },
  });
  expect(result).toEqual({ ...item, claim_owner: { S: 'you' } });
});

it.each(['ADD attempts :one', 'SET attempts = attempts + :one', 'SET a = :missing'])(
  'does not pretend to know %s',
  (UpdateExpression) => {
    const ExpressionAttributeValues = { ':one': { N: '1' } };
    expect(() => updated(item, { UpdateExpression, ExpressionAttributeValues })).toThrow(
      'does not know',
    );
  },
);

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { AwsStub, updated } from '../../../tools/bench/aws-stub.ts';
import { openTlsIdentity } from '../../../tools/bench/tls-identity.ts';

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

it('with TLS is two hosts, which its clients trust and others do not', async () => {
  await using tls = await openTlsIdentity();
  await using stub = await AwsStub.start({ tls });
  const { dynamodb, sns } = stub.endpoints;
  expect(new Set([dynamodb, sns]).size).toBe(2);

  const call = `
    const headers = { 'x-amz-target': 'DynamoDB_20120810.UpdateItem' };
    const body = JSON.stringify({ Key: { message_id: { S: '1' } } });
    for (const url of process.argv.slice(1)) {
      const { status } = await fetch(url, { method: 'POST', headers, body });
      console.log(status);
    }`;
  const client = (env: Readonly<Record<string, string>>) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', call, dynamodb, sns], {
      env,
    });
  expect(await client(stub.trust)).toMatchObject({ stdout: '200\n200\n' });
  expect(stub.calls).toEqual({ UpdateItem: 2 });
  await expect(client({})).rejects.toThrow('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  expect(stub.calls).toEqual({ UpdateItem: 2 });
});

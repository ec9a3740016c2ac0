import { randomUUID } from 'node:crypto';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { clientOf } from '../../tools/local/aws.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../../tools/local/fault-proxy.ts';
import { type LocalStack, STACK_NAME } from '../../tools/local/stack.ts';
import { evaluateIam } from '../helpers/evaluate-iam.ts';
import {
  problemsOf,
  type Role,
  readRole,
  readTopicPolicy,
  type Statement,
  type Use,
  useOf,
} from '../helpers/iam.ts';
import { packageDir, postForm, startTestStack } from '../helpers/local-stack.ts';

const SNS_FAILS: Fault = { kind: 'error-before', code: 'InternalError', status: 500 };

interface Recorded {
  readonly role: Role;
  readonly uses: Use[];
}
let functions: { receiveSms: Recorded; publishPending: Recorded };

/**
 * There is no front before dynalite here. dynalite does not return the item in place when a condition
 * fails, so `receiveSms` reads it.
 */
beforeAll(async () => {
  await using started = new AsyncDisposableStack();
  const dynamodb = started.use(await startFaultProxy({ target: '' }));
  const sns = started.use(await startFaultProxy({ target: '' }));
  const stack = started.use(
    await startTestStack({
      endpoints: { dynamodb: dynamodb.url, sns: sns.url },
      // A call to any other service arrives here, too, and `useOf` rejects it.
      functionEnvironment: { AWS_ENDPOINT_URL: sns.url },
    }),
  );
  dynamodb.setTarget(stack.dynamodbEndpoint);
  sns.setTarget(stack.snsEndpoint);

  const recorded = { receiveSms: [] as Use[], publishPending: [] as Use[] };
  const run = async (name: keyof typeof recorded, drive: () => Promise<unknown>) => {
    const before = { dynamodb: dynamodb.calls.length, sns: sns.calls.length };
    await drive();
    const calls = [...dynamodb.calls.slice(before.dynamodb), ...sns.calls.slice(before.sns)];
    recorded[name].push(...calls.map(useOf));
  };
  await drive(stack, sns, run);

  const read = (logicalId: string) => readRole(packageDir(), STACK_NAME, logicalId);
  functions = {
    receiveSms: { role: await read('ReceiveSmsLambdaFunction'), uses: recorded.receiveSms },
    publishPending: {
      role: await read('PublishPendingLambdaFunction'),
      uses: recorded.publishPending,
    },
  };
});

/** Makes all AWS calls of the functions, one function at a time. */
async function drive(
  stack: LocalStack,
  sns: FaultProxy,
  run: (name: keyof typeof functions, drive: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const post = (message_id: string, status: number) =>
    run('receiveSms', async () => {
      const fields = { message_id, from: '+61400000001', sms_number: '+61400000002', body: 'Hi' };
      expect((await postForm(stack.webhookUrl, fields)).status).toBe(status);
    });
  const sweep = () => run('publishPending', () => stack.invoke('publishPending', {}));

  const published = randomUUID();
  await post(published, 200);
  await post(published, 200);

  const killed = randomUUID();
  sns.setFault(async () => {
    await stack.killInstances('receiveSms');
    return { kind: 'reset' };
  });
  await post(killed, 500);
  sns.setFault(undefined);
  await age(stack, killed, ', claim_until = :long_ago');
  await post(killed, 200);

  const pending = [randomUUID(), randomUUID()];
  sns.setFault(() => SNS_FAILS);
  for (const messageId of pending) await post(messageId, 503);
  for (const messageId of pending) await age(stack, messageId);
  await sweep();
  sns.setFault(undefined);
  await sweep();
  await sweep();
}

/** Makes a record old enough for the sweeper. `also` changes its claim, too, if it has one. */
async function age(stack: LocalStack, messageId: string, also = ''): Promise<void> {
  const client = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  await client.send(
    new UpdateItemCommand({
      TableName: stack.tableName,
      Key: { message_id: { S: messageId } },
      UpdateExpression: `SET received_at = :long_ago${also}`,
      ExpressionAttributeValues: { ':long_ago': { N: '1000' } },
    }),
  );
  client.destroy();
}

const actionsOf = ({ uses }: Recorded) => [...new Set(uses.map(({ action }) => action))].toSorted();

describe('each role is exactly enough', () => {
  it('for receiveSms', async () => {
    const { receiveSms } = functions;
    expect(actionsOf(receiveSms)).toEqual([
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'sns:Publish',
    ]);
    expect(problemsOf(receiveSms.role, receiveSms.uses)).toEqual([]);
  });

  it('for publishPending', async () => {
    const { publishPending } = functions;
    expect(actionsOf(publishPending)).toEqual([
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'sns:Publish',
    ]);
    expect(problemsOf(publishPending.role, publishPending.uses)).toEqual([]);
  });
});

it('the topic accepts publishes only over TLS', async () => {
  const policy = await readTopicPolicy(packageDir(), STACK_NAME);
  const { arn: principal, statements } = functions.receiveSms.role;
  const identity = [{ Version: '2012-10-17', Statement: statements }];
  const [resource = ''] = statements.flatMap(({ Sid, Resource }) =>
    Sid === 'Publish' ? Resource : [],
  );
  const publishing = (isSecure: 'true' | 'false') =>
    evaluateIam(
      { principal, action: 'sns:Publish', resource, context: { 'aws:SecureTransport': isSecure } },
      { identity, resource: [policy] },
    );
  expect(publishing('true')).toBe('allowed');
  expect(publishing('false')).toBe('denied explicitly');
});

describe('the check finds', () => {
  const kindOf = (problem: string) => problem.split(':')[0];

  /** The problems of receiveSms if the statement for an action were changed. */
  async function problemsWith(sid: string, change: (statement: Statement) => void) {
    const { role, uses } = functions.receiveSms;
    const statements = structuredClone(role.statements);
    const statement = statements.find(({ Sid }) => Sid === sid);
    if (!statement) throw new Error(`There is no statement ${sid}`);
    change(statement);
    return problemsOf({ ...role, statements }, uses);
  }

  it.each(['PutItem', 'UpdateItem', 'GetItem'])('that %s is missing', async (operation) => {
    const problems = await problemsWith('ClaimAndMark', (statement) => {
      statement.Action = [statement.Action].flat().filter((a) => a !== `dynamodb:${operation}`);
    });
    expect(problems).toEqual([expect.stringMatching(`^refused: dynamodb:${operation} on arn:`)]);
  });

  it('a superfluous action', async () => {
    const problems = await problemsWith('ClaimAndMark', (statement) => {
      statement.Action = [statement.Action, 'dynamodb:DeleteItem'].flat();
    });
    expect(problems).toEqual([expect.stringMatching('^spare: dynamodb:DeleteItem on arn:')]);
  });

  it('a superfluous resource', async () => {
    const problems = await problemsWith('Publish', (statement) => {
      statement.Resource = [statement.Resource, `${statement.Resource}-other`].flat();
    });
    expect(problems).toEqual([expect.stringMatching('^spare: sns:Publish on arn:.*-other$')]);
  });

  it('another resource', async () => {
    const problems = await problemsWith('Publish', (statement) => {
      statement.Resource = `${statement.Resource}-other`;
    });
    expect(problems.map(kindOf)).toEqual(['refused', 'spare']);
  });

  it.each(['*', 'arn:aws:sns:*:*:*'])('the resource %s', async (resource) => {
    const problems = await problemsWith('Publish', (statement) => {
      statement.Resource = resource;
    });
    expect(problems).toContain(`wildcard: ${resource}`);
  });

  it.each(['*', 'sns:*', 'sns:Publis?'])('the action %s', async (action) => {
    const problems = await problemsWith('Publish', (statement) => {
      statement.Action = action;
    });
    expect(problems).toContain(`wildcard: ${action}`);
  });

  it('logs of another function', async () => {
    const { role } = functions.publishPending;
    const problems = await problemsWith('WriteLogs', (statement) => {
      statement.Resource = `${role.logGroupArn}:*`;
    });
    expect(problems.map(kindOf)).toEqual(['wildcard', 'refused', 'spare', 'spare']);
  });

  it('a statement with exceptions instead of permissions', async () => {
    const problems = await problemsWith('Publish', (statement) => {
      statement.NotAction = 'sns:Subscribe';
    });
    expect(problems).toContainEqual(expect.stringMatching('^unclear: '));
  });
});

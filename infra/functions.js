import { allow, getAtt, policy, sub, withParameters } from './cloudformation.js';

/**
 * Each function has its own role with exactly the permissions that its calls need. If concurrency is
 * reserved, a flood on the URL cannot use up the account's, and the rest of the account cannot use up the
 * functions'.
 */
export const functions = withParameters(({ kmsKeyArn, logRetentionDays, reservedConcurrency }) => ({
  Resources: {
    ReceiveSmsRole: role('receive-sms', [
      writeLogs('ReceiveSmsLogGroup'),
      allow('ClaimAndMark', ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:GetItem'], TABLE),
      PUBLISH,
      ...useKey(kmsKeyArn),
    ]),
    PublishPendingRole: role('publish-pending', [
      writeLogs('PublishPendingLogGroup'),
      allow('FindPending', 'dynamodb:Query', sub('${MessagesTable.Arn}/index/pending-index')),
      allow('ClaimAndMark', 'dynamodb:UpdateItem', TABLE),
      PUBLISH,
      allow('KeepFailedSweeps', 'sqs:SendMessage', getAtt('FailedSweeps', 'Arn')),
      ...useKey(kmsKeyArn),
    ]),
  },
  Outputs: {
    LogRetentionDays: {
      Description: 'How many days logs are kept',
      Value: String(logRetentionDays),
    },
  },
  ...(reservedConcurrency > 0 && {
    extensions: {
      ReceiveSmsLambdaFunction: reserved(reservedConcurrency),
      PublishPendingLambdaFunction: reserved(1),
    },
  }),
}));

export const TABLE = getAtt('MessagesTable', 'Arn');
const PUBLISH = allow('Publish', 'sns:Publish', { Ref: 'MessagesTopic' });

/**
 * A function's role.
 *
 * @param {string} PolicyName @param {readonly object[]} statements
 */
export function role(PolicyName, statements) {
  const Principal = { Service: 'lambda.amazonaws.com' };
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: policy([{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }]),
      Policies: [{ PolicyName, PolicyDocument: policy(statements) }],
    },
  };
}

/** @param {string} logGroup Its logical id. */
export const writeLogs = (logGroup) =>
  allow('WriteLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], getAtt(logGroup, 'Arn'));

/** @param {number} count */
const reserved = (count) => ({ Properties: { ReservedConcurrentExecutions: count } });

/**
 * Actions that a caller needs who uses a customer's key through DynamoDB and SNS.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 * https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
const KEY_ACTIONS = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/**
 * @param {string} kmsKeyArn If empty, AWS's own keys are used, which need no permission.
 * @param {readonly string[]} [through] The services that use the key for the function.
 */
export function useKey(kmsKeyArn, through = ['dynamodb', 'sns']) {
  if (!kmsKeyArn) return [];
  // In China the services' names end in .com.cn.
  const services = through.map((name) => sub(`${name}.\${AWS::Region}.amazonaws.com*`));
  const Condition = { StringLike: { 'kms:ViaService': services } };
  return [allow('UseKey', KEY_ACTIONS, kmsKeyArn, { Condition })];
}

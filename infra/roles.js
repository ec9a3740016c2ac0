import { withParameters } from './with-parameters.js';

/** A role a function, with exactly what its calls need. */
export const roles = withParameters(({ kmsKeyArn }) => ({
  Resources: {
    ReceiveSmsRole: role('receive-sms', [
      writeLogs('ReceiveSmsLogGroup'),
      {
        Sid: 'ClaimAndMark',
        Effect: 'Allow',
        Action: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:GetItem'],
        Resource: { 'Fn::GetAtt': ['MessagesTable', 'Arn'] },
      },
      PUBLISH,
      ...useKey(kmsKeyArn),
    ]),
    PublishPendingRole: role('publish-pending', [
      writeLogs('PublishPendingLogGroup'),
      {
        Sid: 'FindPending',
        Effect: 'Allow',
        Action: 'dynamodb:Query',
        Resource: { 'Fn::Sub': '${MessagesTable.Arn}/index/pending-index' },
      },
      {
        Sid: 'ClaimAndMark',
        Effect: 'Allow',
        Action: 'dynamodb:UpdateItem',
        Resource: { 'Fn::GetAtt': ['MessagesTable', 'Arn'] },
      },
      PUBLISH,
      {
        Sid: 'KeepFailedSweeps',
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: { 'Fn::GetAtt': ['FailedSweeps', 'Arn'] },
      },
      ...useKey(kmsKeyArn),
    ]),
  },
}));

const PUBLISH = {
  Sid: 'Publish',
  Effect: 'Allow',
  Action: 'sns:Publish',
  Resource: { Ref: 'MessagesTopic' },
};

function role(name, statements) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'lambda.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      },
      Policies: [
        {
          PolicyName: name,
          PolicyDocument: { Version: '2012-10-17', Statement: statements },
        },
      ],
    },
  };
}

function writeLogs(logGroup) {
  return {
    Sid: 'WriteLogs',
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: { 'Fn::GetAtt': [logGroup, 'Arn'] },
  };
}

/**
 * What DynamoDB and SNS ask of whoever uses a customer's key through them.
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

function useKey(kmsKeyArn) {
  if (!kmsKeyArn) return [];
  // In China the services' names end in .com.cn.
  const service = (name) => ({ 'Fn::Sub': `${name}.\${AWS::Region}.amazonaws.com*` });
  return [
    {
      Sid: 'UseKey',
      Effect: 'Allow',
      Action: KEY_ACTIONS,
      Resource: kmsKeyArn,
      Condition: { StringLike: { 'kms:ViaService': [service('dynamodb'), service('sns')] } },
    },
  ];
}

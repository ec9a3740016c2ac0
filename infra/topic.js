import { withParameters } from './with-parameters.js';

/** The topic that every message is published to, and who may do what with it. */
export const topic = withParameters(({ topicType, kmsKeyArn, subscriberAccounts }) => ({
  Resources: {
    MessagesTopic: {
      Type: 'AWS::SNS::Topic',
      Properties: {
        DisplayName: 'Inbound SMS',
        KmsMasterKeyId: kmsKeyArn || 'alias/aws/sns',
        // SHA-256 for HTTPS subscribers; without it, SNS signs with SHA-1.
        SignatureVersion: '2',
        ...(topicType === 'fifo' && FIFO),
      },
    },
    MessagesTopicPolicy: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [MESSAGES_TOPIC],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [PUBLISH_OVER_TLS_ONLY, ...subscribers(subscriberAccounts)],
        },
      },
    },
  },
}));

const MESSAGES_TOPIC = { Ref: 'MessagesTopic' };

const FIFO = {
  // CloudFormation makes up no name that ends in .fifo.
  TopicName: { 'Fn::Sub': '${AWS::StackName}-messages.fifo' },
  FifoTopic: true,
  // Deduplication within a conversation is enough for us, and lets SNS spread the load.
  FifoThroughputScope: 'MessageGroup',
};

const PUBLISH_OVER_TLS_ONLY = {
  Sid: 'PublishOverTlsOnly',
  Effect: 'Deny',
  Principal: '*',
  Action: 'sns:Publish',
  Resource: MESSAGES_TOPIC,
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
};

/** @param {string} accounts Ids of AWS accounts, separated by commas. */
function subscribers(accounts) {
  if (!accounts) return [];
  const roots = accounts
    .split(',')
    .map((account) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:iam::${account}:root` }));
  return [
    {
      Sid: 'OtherAccountsMaySubscribe',
      Effect: 'Allow',
      Principal: { AWS: roots },
      Action: ['sns:Subscribe', 'sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic'],
      Resource: MESSAGES_TOPIC,
    },
  ];
}

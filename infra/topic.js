import { allow, publishOverTlsOnly, sub, topicPolicy, withParameters } from './cloudformation.js';

/** The topic of all messages, and its policy. */
export const topic = withParameters(({ topicType, kmsKeyArn, subscriberAccounts }) => ({
  Resources: {
    MessagesTopic: {
      Type: 'AWS::SNS::Topic',
      Properties: {
        DisplayName: 'Inbound SMS',
        KmsMasterKeyId: kmsKeyArn || 'alias/aws/sns',
        // SHA-256 for HTTPS subscribers. The default is SHA-1.
        SignatureVersion: '2',
        ...(topicType === 'fifo' && FIFO),
      },
    },
    MessagesTopicPolicy: topicPolicy('MessagesTopic', [
      publishOverTlsOnly('MessagesTopic'),
      ...(subscriberAccounts ? [subscribers(subscriberAccounts.split(','))] : []),
    ]),
  },
}));

const FIFO = {
  // CloudFormation's own names do not end in .fifo.
  TopicName: sub('${AWS::StackName}-messages.fifo'),
  FifoTopic: true,
  // We need deduplication only within a conversation. This lets SNS spread the load.
  FifoThroughputScope: 'MessageGroup',
};

/** @param {readonly string[]} accounts Ids of AWS accounts. */
function subscribers(accounts) {
  const actions = ['sns:Subscribe', 'sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic'];
  const roots = accounts.map((account) => sub(`arn:\${AWS::Partition}:iam::${account}:root`));
  return allow(
    'OtherAccountsMaySubscribe',
    actions,
    { Ref: 'MessagesTopic' },
    {
      Principal: { AWS: roots },
    },
  );
}

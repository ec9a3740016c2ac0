import { withParameters } from './cloudformation.js';

/** The table of all messages, with one record for each `message_id`. */
export const table = withParameters(({ kmsKeyArn, protectData, retentionDays }) => ({
  Resources: {
    MessagesTable: {
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: protectData ? 'Retain' : 'Delete',
      UpdateReplacePolicy: protectData ? 'Retain' : 'Delete',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'message_id', AttributeType: 'S' },
          { AttributeName: 'pending_shard', AttributeType: 'S' },
          { AttributeName: 'timeline_shard', AttributeType: 'S' },
          { AttributeName: 'received_at', AttributeType: 'N' },
        ],
        KeySchema: [{ AttributeName: 'message_id', KeyType: 'HASH' }],
        GlobalSecondaryIndexes: [
          // Sparse: holds only records that are not published yet.
          index('pending', { ProjectionType: 'KEYS_ONLY' }),
          // For people who look for messages by time or number: docs/decisions/0006-timeline-index.md.
          index('timeline', {
            ProjectionType: 'INCLUDE',
            NonKeyAttributes: ['from', 'sms_number'],
          }),
        ],
        TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: protectData,
        // Without the user's own key, DynamoDB uses its key in the user's account.
        SSESpecification: {
          SSEEnabled: true,
          SSEType: 'KMS',
          ...(kmsKeyArn && { KMSMasterKeyId: kmsKeyArn }),
        },
      },
    },
  },
  Outputs: {
    RetentionDays: {
      Description: 'How many days a published message is kept',
      Value: String(retentionDays),
    },
  },
}));

/** @param {string} name @param {object} Projection */
function index(name, Projection) {
  const KeySchema = [
    { AttributeName: `${name}_shard`, KeyType: 'HASH' },
    { AttributeName: 'received_at', KeyType: 'RANGE' },
  ];
  return { IndexName: `${name}-index`, KeySchema, Projection };
}

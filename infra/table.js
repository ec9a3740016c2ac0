import { withParameters } from './with-parameters.js';

/** The table that holds every message: one record a `message_id`. */
export const table = withParameters(({ kmsKeyArn, protectData }) => ({
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
          {
            // Sparse: holds only the records that are not published yet.
            IndexName: 'pending-index',
            KeySchema: [
              { AttributeName: 'pending_shard', KeyType: 'HASH' },
              { AttributeName: 'received_at', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
          {
            // For people who look for messages by time or number: docs/decisions/0006-timeline-index.md.
            IndexName: 'timeline-index',
            KeySchema: [
              { AttributeName: 'timeline_shard', KeyType: 'HASH' },
              { AttributeName: 'received_at', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['from', 'sms_number'] },
          },
        ],
        TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: protectData,
        // Without a key of the user's, DynamoDB's key in the user's account.
        SSESpecification: {
          SSEEnabled: true,
          SSEType: 'KMS',
          ...(kmsKeyArn && { KMSMasterKeyId: kmsKeyArn }),
        },
      },
    },
  },
}));

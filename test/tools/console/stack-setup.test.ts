import { expect, it } from 'vitest';
import { setupOf } from '../../../tools/console/server/stack-setup.ts';

const SUBSCRIBER = { queue: 'q', deadLetters: 'd', subscription: 'arn' };

it('is what the outputs tell, and no secret', () => {
  const setup = setupOf({
    Version: '1.2.3',
    MessagesTableName: 'a-table',
    MessagesTopicArn: 'arn:topic',
    WebhookBaseUrl: 'https://a.example/sms',
    MessageFormat: 'inbound-sms',
    Other: 'x',
    SubscriberCrm: JSON.stringify({
      ...SUBSCRIBER,
      ...{ name: 'crm', kind: 'https', url: 'https://crm.example/hooks/SECRET', secret: 'CRM' },
    }),
    SubscriberTeam: JSON.stringify({ ...SUBSCRIBER, name: 'team', kind: 'slack' }),
  });
  expect(setup).toEqual({
    version: '1.2.3',
    tableName: 'a-table',
    topicArn: 'arn:topic',
    webhookBaseUrl: 'https://a.example/sms',
    settings: { MessageFormat: 'inbound-sms' },
    subscribers: [
      { name: 'crm', kind: 'https', target: 'crm.example' },
      { name: 'team', kind: 'slack' },
    ],
  });
});

it('is the table alone where the stack is gone', () => {
  expect(setupOf({ MessagesTableName: 'kept' })).toEqual({
    tableName: 'kept',
    settings: {},
    subscribers: [],
  });
});

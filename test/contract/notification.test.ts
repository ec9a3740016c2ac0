import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { notificationsIn } from '../../lib/messages/notification.ts';
import { clientOf } from '../../tools/local/aws.ts';
import { MemoryMessageTopic } from '../fakes/memory-message-topic.ts';
import { someRecord } from '../fixtures/messages.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { postForm, startTestStack, subscribeQueue } from '../helpers/local-stack.ts';
import { faultsOf, MESSAGE_SCHEMA, validatorOf } from '../helpers/message-schema.ts';
import { type ContractedNotification, contractFaults } from '../helpers/notification-contract.ts';

const notification = notificationsIn('inbound-sms')(someRecord());
const inAwsFormat = notificationsIn('aws-two-way-sms')(someRecord());

/** The notification with its message changed. */
function withMessage(
  change: (message: Record<string, unknown>) => object,
  of: ContractedNotification = notification,
): ContractedNotification {
  return { ...of, message: JSON.stringify(change(JSON.parse(of.message))) };
}
const without = (name: string) => (fields: Record<string, unknown>) => {
  const { [name]: _, ...rest } = fields;
  return rest;
};
const withAttributes = (changes: Record<string, string>) => ({
  ...notification,
  attributes: { ...notification.attributes, ...changes },
});

describe('the contract holds', () => {
  it.each([
    ['a message with all fields', someRecord({ extra: { webhook_url: 'REDACTED' } })],
    ['one without what the PBX may leave out', withoutOptionalFields()],
    ['one with an empty text', someRecord({ body: '' })],
    ['one of a sender who withholds the number', someRecord({ from: '' })],
    ['one to a number that is not known', someRecord({ sms_number: '' })],
    ['one with any character', someRecord({ body: '\0\uFFFF\uD800😀', from: 'Zoë 😀'.repeat(36) })],
    ['one with as many characters as a text may have', someRecord({ body: '😀'.repeat(10_000) })],
  ])('for %s, in both formats', (_, record) => {
    expect(contractFaults(notificationsIn('inbound-sms')(record))).toEqual([]);
    expect(contractFaults(notificationsIn('aws-two-way-sms')(record))).toEqual([]);
  });
});

describe('the contract is broken', () => {
  it.each<[string, ContractedNotification, string]>([
    [
      'by a field that is missing',
      withMessage(without('received_at')),
      "message: it must have required property 'received_at'",
    ],
    [
      'by a field that is not documented',
      withMessage((fields) => ({ ...fields, claim: 'x' })),
      'message: it must NOT have unevaluated properties: claim',
    ],
    [
      'by a field of another type',
      withMessage((fields) => ({ ...fields, timestamp: '1576391654' })),
      'message: /timestamp must be integer',
    ],
    [
      'by a time in another unit',
      withMessage((fields) => ({ ...fields, timestamp: 1_576_391_654_000_000 })),
      'message: /timestamp must be <= 253402300799',
    ],
    [
      'by an extra that is no text',
      withMessage((fields) => ({ ...fields, extra: { count: 1 } })),
      'message: /extra/count must be string',
    ],
    [
      'by a field of the other format',
      withMessage((fields) => ({ ...fields, extra: {} }), inAwsFormat),
      'message: it must NOT have unevaluated properties: extra',
    ],
    ['by a message that is not JSON', { ...notification, message: '{' }, 'message: is not JSON'],
    [
      'by an unknown format',
      withAttributes({ schema: 'inbound-sms/2' }),
      'attributes: schema names no format',
    ],
    [
      'by an empty attribute',
      withAttributes({ replay: '' }),
      'attributes: /replay must NOT have fewer than 1 characters',
    ],
    [
      'by more attributes than SNS takes',
      withAttributes(Object.fromEntries([...'abcdef'].map((name) => [name, name]))),
      'attributes: it must NOT have more than 10 properties',
    ],
    [
      'by a subject that SNS refuses',
      { ...notification, subject: 'ö' },
      'subject: it must match pattern "^[\\x20-\\x7E]{1,99}$"',
    ],
  ])('%s', (_, broken, fault) => {
    expect(contractFaults(broken)).toEqual([fault]);
  });
});

describe('a broken contract fails the test', () => {
  it.fails('that publishes to the topic in memory', async () => {
    await new MemoryMessageTopic()
      .publish({ ...notification, message: '{}' })
      // The code under test would also catch this, as a failure of SNS.
      .catch(() => {});
  });

  it('that receives from a queue', async () => {
    await using stack = await startTestStack();
    await using queue = await subscribeQueue(stack);
    const sns = new SNSClient(clientOf(stack.snsEndpoint));
    await sns.send(new PublishCommand({ TopicArn: stack.topicArn, Message: '{}' }));
    await expect(queue.receive(1)).rejects.toThrow('It breaks the contract: attributes: ');
    await sns.send(new PublishCommand({ TopicArn: stack.topicArn, Message: '{}' }));
    await expect(queue.all()).rejects.toThrow('It breaks the contract: attributes: ');
    sns.destroy();

    expect((await postForm(stack.webhookUrl, someForm())).status).toBe(200);
    expect(await queue.receive(1)).toHaveLength(1);
  });
});

/** https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html */
const AWS_EXAMPLE = {
  originationNumber: '+14255550182',
  destinationNumber: '+12125550101',
  messageKeyword: 'JOIN',
  messageBody: 'EXAMPLE',
  inboundMessageId: 'cae173d2-66b9-564c-8309-21f858e9fb84',
  previousPublishedMessageId: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

describe('the example that AWS documents', () => {
  it('is a message of the contract, and has all its fields', () => {
    const validate = validatorOf(MESSAGE_SCHEMA, 'aws-two-way-sms', { closed: true });
    expect(faultsOf(validate, AWS_EXAMPLE)).toEqual([]);
    expect(Object.keys(AWS_EXAMPLE)).toEqual(MESSAGE_SCHEMA.$defs['aws-two-way-sms']?.required);
  });

  it('equals what is published, except for what only AWS knows', () => {
    const record = withoutOptionalFields({
      from: AWS_EXAMPLE.originationNumber,
      sms_number: AWS_EXAMPLE.destinationNumber,
      body: AWS_EXAMPLE.messageBody,
      message_id: AWS_EXAMPLE.inboundMessageId,
    });
    const { message } = notificationsIn('aws-two-way-sms')(record);
    expect(message).toBe(
      JSON.stringify({
        ...AWS_EXAMPLE,
        // AWS's is a registered keyword. Ours is the first word.
        messageKeyword: 'EXAMPLE',
        previousPublishedMessageId: '',
      }),
    );
  });
});

function withoutOptionalFields(changes = {}) {
  const { service_id: _, timestamp: __, ...record } = someRecord(changes);
  return record;
}

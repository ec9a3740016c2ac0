import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addresseeOf } from '../../../tools/archive/addressees.ts';
import { clientOf, type Emulator } from '../../../tools/local/aws.ts';
import { startSns } from '../../../tools/local/sns.ts';
import type { DeployedSubscriber } from '../../../tools/shared/subscriber-outputs.ts';
import { someRecord } from '../../fixtures/messages.ts';

const MINUTE = 60_000;

let emulator: Emulator;
let clients: { readonly sns: SNS; readonly sqs: SQS };
beforeAll(async () => {
  emulator = await startSns(0);
  const options = clientOf(emulator.endpoint);
  clients = { sns: new SNS(options), sqs: new SQS(options) };
});
afterAll(async () => {
  clients?.sns.destroy();
  clients?.sqs.destroy();
  await emulator?.[Symbol.asyncDispose]();
});

/** A subscriber of its own topic. */
async function subscriberOf(
  name: string,
  Attributes: Readonly<Record<string, string>> = {},
): Promise<DeployedSubscriber> {
  const { sns, sqs } = clients;
  const { TopicArn = '' } = await sns.createTopic({ Name: name });
  const { QueueUrl: queue = '' } = await sqs.createQueue({ QueueName: name });
  const Endpoint = TopicArn.replace(':sns:', ':sqs:');
  const subscription = { TopicArn, Protocol: 'sqs', Endpoint, Attributes };
  const { SubscriptionArn = '' } = await sns.subscribe(subscription);
  return { name, kind: 'https', queue, deadLetters: '', subscription: SubscriptionArn };
}

const published = (changes: Parameters<typeof someRecord>[0] = {}) =>
  someRecord({ published_at: Date.now() + MINUTE, ...changes });

it('accepts messages by a filter of the attributes', async () => {
  const filter = { FilterPolicy: JSON.stringify({ from: ['MyBank'] }) };
  const bank = await addresseeOf(await subscriberOf('bank', filter), clients, 'inbound-sms');
  expect(bank.addressing(published({ from: 'MyBank' }))).toBe('for-it');
  expect(bank.addressing(published({ from: '+61400000001' }))).toBe('filtered');
});

it('accepts messages by a filter of the body, in the published format', async () => {
  const stop = await subscriberOf('stop', {
    FilterPolicy: JSON.stringify({ messageBody: ['STOP'] }),
    FilterPolicyScope: 'MessageBody',
  });
  const message = published({ body: 'STOP' });
  const theirs = await addresseeOf(stop, clients, 'aws-two-way-sms');
  const ours = await addresseeOf(stop, clients, 'inbound-sms');
  expect(theirs.addressing(message)).toBe('for-it');
  expect(ours.addressing(message)).toBe('filtered');
});

it('accepts everything without a filter, except from before its queue', async () => {
  const any = await addresseeOf(await subscriberOf('any'), clients, 'inbound-sms');
  expect(any.addressing(published())).toBe('for-it');
  // SQS returns whole seconds.
  expect(any.addressing(published({ published_at: any.createdAt ?? 0 }))).toBe('for-it');
  const before = published({ published_at: Date.now() - MINUTE });
  expect(any.addressing(before)).toBe('before-it');
});

it('is unknown if its filter is unreadable, and throws any other error', async () => {
  const gone = { ...(await subscriberOf('gone')), subscription: 'arn:aws:sns:eu-west-1:0:gone:1' };
  const isExpected = (error: unknown) => (error as Error).name.startsWith('NotFound');
  const known = await addresseeOf(gone, clients, 'inbound-sms', { isExpected });
  expect(known.addressing(published())).toBe('unknown');
  await expect(addresseeOf(gone, clients, 'inbound-sms')).rejects.toThrow('does not exist');
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how Fn::Sub is written.

import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { expect, it, vi } from 'vitest';
import type { TopicEmail } from '../../../tools/console/lab/subscribers.ts';
import { clientOf } from '../../../tools/local/aws.ts';
import { watchOutbox } from '../../../tools/local/outbox.ts';
import { createTopics, startSns } from '../../../tools/local/sns.ts';
import { Template, type TemplateDocument } from '../../../tools/local/template.ts';

/** A template with an e-mail topic for each subscriber, as infra/subscribers.js makes it. */
function templateOf(
  subscribers: Readonly<Record<string, { to: readonly string[]; displayName?: string }>>,
): Template {
  const Resources: TemplateDocument['Resources'] = {
    MessagesTopic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'messages' } },
  };
  const Outputs: Record<string, { Value: { 'Fn::Sub': string } }> = {};
  for (const [name, { to, displayName }] of Object.entries(subscribers)) {
    const topic = `Subscriber${name}Topic`;
    Resources[topic] = {
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: name, ...(displayName && { DisplayName: displayName }) },
    };
    for (const [n, Endpoint] of to.entries()) {
      Resources[`${topic}Email${n}`] = {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: { Ref: topic }, Protocol: 'email', Endpoint },
      };
    }
    const output = { name, kind: 'email', topic: '${T}' };
    Outputs[`Subscriber${name}`] = {
      Value: { 'Fn::Sub': JSON.stringify(output).replace('${T}', `\${${topic}}`) },
    };
  }
  Outputs.SubscriberJobs = {
    Value: { 'Fn::Sub': JSON.stringify({ name: 'jobs', kind: 'queue' }) },
  };
  return new Template({ Resources, Outputs }, 'inbound-sms-local');
}

/** Enough that mixed-up topics would be noticed. */
const TEAM = 8;

it('reports what each e-mail topic gets, once for each address', async () => {
  await using emulator = await startSns(0);
  const template = templateOf({
    Office: { to: ['one@example.com', 'two@example.com'], displayName: 'SMS to the office' },
    Team: { to: ['team@example.com'] },
  });
  await createTopics(template, emulator.endpoint);
  const sns = new SNSClient(clientOf(emulator.endpoint));
  const emails: TopicEmail[] = [];
  const publish = (name: string, input: object) =>
    sns.send(
      new PublishCommand({ TopicArn: template.ref(`Subscriber${name}Topic`), ...input } as never),
    );
  await using _ = await watchOutbox(template, emulator.endpoint, (email) => emails.push(email));
  await publish('Office', {
    Message: 'A text',
    Subject: 'A subject',
    MessageAttributes: { message_id: { DataType: 'String', StringValue: 'message-1' } },
  });
  for (let n = 0; n < TEAM; n++) await publish('Team', { Message: 'Another text' });
  await vi.waitFor(() => expect(emails).toHaveLength(TEAM + 2), 20_000);
  sns.destroy();
  const office = {
    ...{ subscriber: 'Office', from: 'SMS to the office <no-reply@sns.amazonaws.com>' },
    ...{ subject: 'A subject', text: 'A text', message_id: 'message-1' },
  };
  const team = { subscriber: 'Team', from: 'no-reply@sns.amazonaws.com', to: 'team@example.com' };
  expect(emails.toSorted((a, b) => (a.to < b.to ? -1 : 1))).toEqual([
    { ...office, to: 'one@example.com' },
    ...Array.from({ length: TEAM }, () => ({ ...team, subject: '', text: 'Another text' })),
    { ...office, to: 'two@example.com' },
  ]);
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how Fn::Sub is written.
import type { Properties } from '../../../tools/local/intrinsics.ts';
import { Template, type TemplateDocument } from '../../../tools/local/template.ts';

interface SubscriberOptions {
  readonly isFifo?: boolean;
  readonly queue?: Properties;
  readonly subscription?: Properties;
  readonly mapping?: Properties;
}

/**
 * A template with a message topic and each subscriber's resources, with the names of infra/subscribers.js.
 */
export function subscriberTemplate(
  subscribers: Readonly<Record<string, SubscriberOptions>>,
  isFifo = false,
): Template {
  const fifo = isFifo ? '.fifo' : '';
  const Resources: TemplateDocument['Resources'] = {
    MessagesTopic: {
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: `messages${fifo}`, FifoTopic: isFifo },
    },
  };
  for (const [name, { queue, subscription, mapping }] of Object.entries(subscribers)) {
    const id = `Subscriber${name[0]?.toUpperCase()}${name.slice(1)}`;
    const named = (suffix: string) => ({
      QueueName: { 'Fn::Sub': `\${AWS::StackName}-to-${name}${suffix}${fifo}` },
      ...(isFifo && { FifoQueue: true }),
    });
    const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
    Resources[`${id}DeadLetters`] = { Type: 'AWS::SQS::Queue', Properties: named('-dead') };
    Resources[`${id}Queue`] = {
      Type: 'AWS::SQS::Queue',
      Properties: {
        ...named(''),
        RedrivePolicy: { deadLetterTargetArn: arnOf(`${id}DeadLetters`), maxReceiveCount: 2 },
        ...queue,
      },
    };
    Resources[`${id}Subscription`] = {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: { Ref: 'MessagesTopic' },
        Protocol: 'sqs',
        Endpoint: arnOf(`${id}Queue`),
        RawMessageDelivery: true,
        ...subscription,
      },
    };
    Resources[`${id}Mapping`] = {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: arnOf(`${id}Queue`),
        FunctionName: 'forwardMessage',
        BatchSize: 1,
        ScalingConfig: { MaximumConcurrency: 2 },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ...mapping,
      },
    };
  }
  return new Template({ Resources }, 'inbound-sms-local');
}

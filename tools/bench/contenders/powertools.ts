import {
  IdempotencyAlreadyInProgressError,
  IdempotencyConfig,
  IdempotencyValidationError,
} from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { makeHandlerIdempotent } from '@aws-lambda-powertools/idempotency/middleware';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import middy, { type Request } from '@middy/core';
import httpUrlEncodeBodyParser from '@middy/http-urlencode-body-parser';

const logger = new Logger({ serviceName: 'inbound-sms' });
const metrics = new Metrics({ namespace: 'InboundSms', serviceName: 'inbound-sms' });
const dynamodb = new DynamoDBClient({});
const sns = new SNSClient({});

const idempotency = {
  persistenceStore: new DynamoDBPersistenceLayer({
    tableName: process.env.IDEMPOTENCY_TABLE_NAME ?? '',
    awsSdkV3Client: dynamodb,
  }),
  config: new IdempotencyConfig({
    eventKeyJmesPath: 'body.message_id',
    payloadValidationJmesPath: 'body.[from, sms_number, body]',
    throwOnNoIdempotencyKey: true,
  }),
};

interface Event {
  readonly body: Readonly<Record<string, string>>;
}

/** A careful solution with the parts that AWS recommends. */
export const handler = middy<Event, { statusCode: number }>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics, { captureColdStartMetric: true }))
  .use({ onError: answerError })
  .use(httpUrlEncodeBodyParser())
  .use({ before: refuseWithoutId })
  .use(makeHandlerIdempotent(idempotency))
  .handler(async ({ body }) => {
    const received_at = Date.now();
    const { message_id = '', service_id = '', from = '', sms_number = '' } = body;
    const fields = Object.entries(body).map(([name, value]) => [name, { S: value }]);
    await dynamodb.send(
      new PutItemCommand({
        TableName: process.env.MESSAGES_TABLE_NAME,
        Item: { ...Object.fromEntries(fields), received_at: { N: String(received_at) } },
      }),
    );
    const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
    await sns.send(
      new PublishCommand({
        TopicArn: process.env.MESSAGES_TOPIC_ARN,
        Message: JSON.stringify({ schema: 'inbound-sms/1', ...body, received_at }),
        Subject: `SMS from ${from} to ${sms_number}`,
        MessageAttributes: {
          schema: attribute('inbound-sms/1'),
          message_id: attribute(message_id),
          service_id: attribute(service_id),
          from: attribute(from),
          sms_number: attribute(sms_number),
        },
      }),
    );
    metrics.addMetric('Published', MetricUnit.Count, 1);
    logger.info('published', { message_id });
    return { statusCode: 200 };
  });

function refuseWithoutId({ event }: Request<Event>): { statusCode: number } | undefined {
  return event.body.message_id ? undefined : { statusCode: 400 };
}

function answerError(request: Request<Event, { statusCode: number }>): void {
  const { error } = request;
  if (error instanceof IdempotencyValidationError) request.response = { statusCode: 409 };
  if (error instanceof IdempotencyAlreadyInProgressError) request.response = { statusCode: 503 };
}

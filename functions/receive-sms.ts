import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { webhookDependencies } from '../lib/aws/aws-dependencies.ts';
import { readReceiveSmsConfig } from '../lib/config.ts';
import { deliverMadeUp, getReady } from '../lib/get-ready.ts';
import { answerErrors } from '../lib/http/answers.ts';
import { type ObservedContext, observe } from '../lib/telemetry/observability.ts';
import { webhook } from '../lib/webhook.ts';

const config = readReceiveSmsConfig();
const dependencies = {
  ...webhookDependencies(config),
  // Three times the function's timeout: no claim ends while its owner may still be publishing.
  leaseMs: 30_000,
};

/** POST /sms/{token} */
export const handler = middy<
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Error,
  ObservedContext
>({ timeoutEarlyInMillis: 0 })
  .use(observe({ service: config.service, stage: config.stage, durationMetric: 'Duration' }))
  .use(answerErrors())
  .handler(webhook(config, dependencies));

await getReady(() => deliverMadeUp(dependencies));

import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { awsDependencies } from '../lib/aws/aws-dependencies.ts';
import { readReceiveSmsConfig, type WebhookSettings } from '../lib/config.ts';
import { getReady, madeUpMessage } from '../lib/get-ready.ts';
import { answerErrors } from '../lib/http/answers.ts';
import type { DeliveryDependencies } from '../lib/messages/delivery.ts';
import {
  type ObservedContext,
  type ObserveOptions,
  observe,
} from '../lib/telemetry/observability.ts';
import { webhook } from '../lib/webhook.ts';

const config = readReceiveSmsConfig();
const dependencies: DeliveryDependencies = {
  ...awsDependencies(config),
  // Three times the function's timeout: no claim ends while its owner may still be publishing.
  leaseMs: 30_000,
};

const handlerOf = (
  settings: WebhookSettings,
  dependencies: DeliveryDependencies,
  options?: Pick<ObserveOptions, 'write'>,
) =>
  middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Error, ObservedContext>({
    timeoutEarlyInMillis: 0,
  })
    .use(
      observe({
        service: config.service,
        stage: config.stage,
        durationMetric: 'Duration',
        ...options,
      }),
    )
    .use(answerErrors())
    .handler(webhook(settings, dependencies));

/** POST /sms/{token} */
export const handler = handlerOf(config, dependencies);

const quiet = { write: () => {} };
await getReady(madeUpMessage(config, dependencies, (...parts) => handlerOf(...parts, quiet)));

import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { forwarderDependencies } from '../lib/aws/forwarder-dependencies.ts';
import { readForwardMessageConfig } from '../lib/config.ts';
import { forwarder } from '../lib/forwarder.ts';
import { type ObservedContext, observe } from '../lib/telemetry/observability.ts';

const config = readForwardMessageConfig();

/** Runs for each message in a subscriber's queue. */
export const handler = middy<SQSEvent, SQSBatchResponse, Error, ObservedContext>({
  timeoutEarlyInMillis: 0,
})
  .use(observe({ service: config.service, stage: config.stage }))
  .handler(forwarder(config, forwarderDependencies(config)));

import middy from '@middy/core';
import { awsDependencies } from '../lib/aws/aws-dependencies.ts';
import { readCommonConfig } from '../lib/config.ts';
import { SWEEP_GRACE_MS } from '../lib/messages/sweep.ts';
import { scheduledSweep } from '../lib/scheduled-sweep.ts';
import { type ObservedContext, observe } from '../lib/telemetry/observability.ts';

const config = readCommonConfig();

/** Runs every minute. */
export const handler = middy<unknown, void, Error, ObservedContext>({ timeoutEarlyInMillis: 0 })
  .use(observe({ service: config.service, stage: config.stage, durationMetric: 'SweepDuration' }))
  .handler(
    scheduledSweep({
      ...awsDependencies(config),
      // Longer than the function's timeout.
      leaseMs: 90_000,
      graceMs: SWEEP_GRACE_MS,
      concurrency: 8,
    }),
  );

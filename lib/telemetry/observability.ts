import type { MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import { type Dimensions, METRICS, METRICS_NAMESPACE, type MetricName } from './metrics.ts';

const LEVELS = ['INFO', 'WARN', 'ERROR'] as const;

export type Level = (typeof LEVELS)[number];
type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The log line of one invocation, in CloudWatch's Embedded Metric Format, so that one line is the log and
 * the metrics. Never give it a message's text, a full phone number, a token or an e-mail address.
 */
export class Observation {
  #level: Level = 'INFO';
  /**
   * There was nothing to do. Then the duration is no metric, because a metric costs for every hour in which
   * it is sent.
   */
  isIdle = false;
  #fields: Record<string, string | number | boolean | undefined> = {};
  #metrics = new Map<MetricName, number>();
  #warnings = new Set<string>();

  get outcome(): string {
    return String(this.#fields.outcome ?? 'failed');
  }

  get level(): Level {
    return this.#level;
  }

  /** Raises the level. A higher one stays. */
  raise(level: Level): void {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(this.#level)) this.#level = level;
  }

  note(fields: Fields): void {
    Object.assign(this.#fields, fields);
  }

  /** @param value In the metric's unit: see {@link METRICS}. */
  metric(name: MetricName, value = 1): void {
    this.#metrics.set(name, value);
  }

  /** Logs a warning and counts it. */
  warn({ metric, warning }: { readonly metric: MetricName; readonly warning: string }): void {
    this.metric(metric);
    this.#warnings.add(warning);
    this.raise('WARN');
  }

  /** Returns the line, without a line break. */
  toLine(message: string, { service, stage }: Dimensions, timestamp: number): string {
    const metrics = [...this.#metrics];
    return JSON.stringify({
      level: this.level,
      message,
      timestamp: new Date(timestamp).toISOString(),
      service,
      stage,
      ...this.#fields,
      ...(this.#warnings.size > 0 && { warnings: [...this.#warnings].join('; ') }),
      ...Object.fromEntries(metrics),
      ...(metrics.length > 0 && {
        _aws: {
          Timestamp: timestamp,
          CloudWatchMetrics: [
            {
              Namespace: METRICS_NAMESPACE,
              Dimensions: [['service', 'stage']],
              Metrics: metrics.map(([Name]) => ({ Name, Unit: METRICS[Name] })),
            },
          ],
        },
      }),
    });
  }
}

/** The handler's context with its observation. */
export type ObservedContext = Context & { observation: Observation };

export interface ObserveOptions extends Dimensions {
  /** The metric of the handler's duration, if it has one. */
  readonly durationMetric?: Extract<MetricName, 'Duration' | 'SweepDuration'>;
  readonly now?: () => number;
  readonly write?: (line: string) => void;
}

/** Middy: gives the handler an {@link Observation}, and writes its line when the handler is done. */
export function observe({
  service,
  stage,
  durationMetric,
  now = Date.now,
  // Lambda's console.log adds a prefix, but a line with metrics must be pure JSON.
  write = (line) => process.stdout.write(`${line}\n`),
}: ObserveOptions): MiddlewareObj<unknown, unknown, Error, ObservedContext> {
  let isColdStart = true;
  const startedAt = new WeakMap<Observation, number>();
  const finish = (observation: Observation) => {
    const duration = now() - (startedAt.get(observation) ?? now());
    observation.note({ duration_ms: duration });
    if (durationMetric && !observation.isIdle) observation.metric(durationMetric, duration);
    write(observation.toLine(observation.outcome, { service, stage }, now()));
  };
  return {
    before: ({ context }) => {
      const observation = new Observation();
      startedAt.set(observation, now());
      observation.note({
        request_id: context.awsRequestId,
        function: context.functionName,
        ...(isColdStart && { cold_start: true }),
      });
      isColdStart = false;
      context.observation = observation;
    },
    after: ({ context }) => finish(context.observation),
    onError: ({ context, error, response }) => {
      if (response === undefined) {
        context.observation.raise('ERROR');
        context.observation.note(describeError(error));
      }
      finish(context.observation);
    },
  };
}

interface SdkErrorParts {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly cause?: unknown;
}

/**
 * An error as a log may show it. Its message is left out, because it may quote a sender's text. Only some
 * AWS errors, which name only our own resources, keep it.
 */
export function describeError(error: unknown): Fields {
  const root = rootCause(error);
  if (!(root instanceof Error)) return { error: typeof root };
  const { $metadata } = root as SdkErrorParts;
  const namesOnlyResources = /AccessDenied|Authorization|NotFound|KMS|Throttl|Timeout/.test(
    root.name,
  );
  return {
    error: root.name,
    ...($metadata?.httpStatusCode && { aws_status: $metadata.httpStatusCode }),
    ...($metadata?.requestId && { aws_request_id: $metadata.requestId }),
    ...(namesOnlyResources && { error_message: root.message }),
    ...(!$metadata && { stack: framesOf(root) }),
  };
}

function rootCause(error: unknown): unknown {
  let root = error;
  // A chain of causes may be circular.
  for (let depth = 0; depth < 10; depth++) {
    const cause = (root as SdkErrorParts | null | undefined)?.cause;
    if (!(cause instanceof Error)) break;
    root = cause;
  }
  return root;
}

/** The stack's frames, which follow the message. The message itself may look like anything. */
function framesOf({ stack = '', message }: Error): string {
  const messageAt = stack.indexOf(message);
  if (messageAt < 0) return '';
  const frames = stack
    .slice(messageAt + message.length)
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return frames
    .slice(0, 8)
    .map((line) => line.trim())
    .join('\n');
}

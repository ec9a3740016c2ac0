import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { DeliveryFailed, type Tries } from '../messages/delivery.ts';
import {
  describeError,
  type Observation,
  type ObservedContext,
} from '../telemetry/observability.ts';
import {
  ANSWERS,
  type Answer,
  describeFaults,
  type FieldFault,
  LOW_RETRY_BUDGET_AT,
  metricOf,
  type Outcome,
  RequestRefused,
} from './outcomes.ts';

export interface AnswerDetails {
  readonly message_id?: string;
  readonly detail?: string;
  readonly errors?: readonly FieldFault[];
}

/** The HTTP response of an outcome: JSON for a 200, RFC 9457 problem details for anything else. */
export function answer(
  outcome: Outcome,
  details: AnswerDetails = {},
): APIGatewayProxyStructuredResultV2 {
  const { status, title, retryAfter }: Answer = ANSWERS[outcome];
  const isProblem = status !== 200;
  return {
    statusCode: status,
    headers: {
      'content-type': isProblem ? 'application/problem+json' : 'application/json',
      'cache-control': 'no-store',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
      ...(status === 405 && { allow: 'POST' }),
    },
    body: JSON.stringify(
      isProblem
        ? { type: `urn:inbound-sms:problem:${outcome}`, title, status, ...details }
        : { outcome, ...details },
    ),
  };
}

/**
 * Logs an outcome with the level and the metrics of its row in {@link ANSWERS}.
 *
 * @param tries The attempts for the message so far, if known.
 */
export function noteOutcome(observation: Observation, outcome: Outcome, tries?: Tries): void {
  const { status, level }: Answer = ANSWERS[outcome];
  observation.note({
    outcome,
    requests: tries?.requests,
    attempts: tries?.publish_attempts,
  });
  observation.raise(level);
  observation.metric(metricOf(outcome));
  if (status !== 200 && (tries?.requests ?? 0) >= LOW_RETRY_BUDGET_AT) {
    observation.metric('RetryBudgetLow');
  }
}

/** Middy: turns what the handler throws into an answer. A 5xx tells the caller nothing about its cause. */
export function answerErrors(): MiddlewareObj<
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Error,
  ObservedContext
> {
  return {
    onError: (request) => {
      const { observation } = request.context;
      const { error } = request;
      if (error instanceof RequestRefused) {
        const { outcome, reason, detail, faults } = error;
        noteOutcome(observation, outcome);
        if (isRefusedMessage(request.event, outcome)) observation.metric('Refused');
        observation.note({
          reason,
          ...(faults.length > 0 && { faults: describeFaults(faults) }),
        });
        request.response = answer(outcome, {
          detail,
          ...(faults.length > 0 && { errors: faults }),
        });
        return;
      }
      const outcome = isUnavailable(error) ? 'unavailable' : 'failed';
      const delivery = error instanceof DeliveryFailed ? error : undefined;
      noteOutcome(observation, outcome, delivery?.tries);
      observation.note({ ...(delivery && { step: delivery.step }), ...describeError(error) });
      request.response = answer(outcome);
    },
  };
}

/** A GET, such as a browser's, holds no message that could be lost. */
function isRefusedMessage({ requestContext }: APIGatewayProxyEventV2, outcome: Outcome): boolean {
  const { isRefusal }: Answer = ANSWERS[outcome];
  return isRefusal === true && requestContext?.http?.method === 'POST';
}

/** Middy throws a TimeoutError shortly before the function's timeout. */
function isUnavailable(error: unknown): boolean {
  return error instanceof DeliveryFailed || (error as Error | null)?.name === 'TimeoutError';
}

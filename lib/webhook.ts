import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { WebhookSettings } from './config.ts';
import { refuseOtherNumbers, refuseOtherSources } from './http/allow-lists.ts';
import { answer, noteOutcome } from './http/answers.ts';
import { faultOfEdge } from './http/edge.ts';
import { refusedRequest } from './http/kept-request.ts';
import { type FieldFault, type Outcome, RequestRefused } from './http/outcomes.ts';
import { faultsOfPbxSettings } from './http/pbx-settings.ts';
import { type Reading, readSmsMessage } from './http/read-sms-message.ts';
import { redactorOf } from './http/redact.ts';
import {
  authenticate,
  type RequestHead,
  readForm,
  refuseOtherMethods,
  unknownToken,
} from './http/webhook-request.ts';
import { startDeadlines } from './messages/deadlines.ts';
import { type DeliveryDependencies, deliver } from './messages/delivery.ts';
import { isQuarantineReason, type KeepRefused } from './messages/quarantine.ts';
import type { SmsMessage } from './messages/sms-message.ts';
import {
  describeError,
  type Observation,
  type ObservedContext,
} from './telemetry/observability.ts';

/** Milliseconds that the function must have left at each deadline. */
const RESERVE_MS = { work: 3_000, cleanUp: 1_000 };

/** Time limit for keeping a refused request. The PBX waits for its answer. */
const KEEP_WITHIN_MS = 2_000;

export interface WebhookDependencies extends DeliveryDependencies {
  readonly keepRefused: KeepRefused;
}

/**
 * The webhook. Authenticates a request, reads its message, delivers it and answers. Keeps a refused
 * request. `answerErrors` of answers.ts turns what it throws into answers.
 */
export function webhook(settings: WebhookSettings, dependencies: WebhookDependencies) {
  return async (
    event: APIGatewayProxyEventV2,
    context: ObservedContext,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    const { observation } = context;
    const head = admit(event, settings, observation);
    const keep = (outcome: Outcome, faults: readonly FieldFault[] = []) =>
      keepRequest(event, { ...head, outcome, faults }, settings, dependencies, context);

    let message: SmsMessage;
    try {
      message = readMessage(event, head, settings, observation);
    } catch (error) {
      if (error instanceof RequestRefused) await keep(error.outcome, error.faults);
      throw error;
    }
    const { message_id } = message;
    using deadlines = startDeadlines(context.getRemainingTimeInMillis(), RESERVE_MS);
    const { outcome, tries, marked } = await deliver(message, dependencies, deadlines);
    if (outcome === 'conflict') await keep(outcome);
    noteOutcome(observation, outcome, tries);
    if (marked === false) observation.metric('NotMarked');
    return answer(outcome, { message_id });
  };
}

/**
 * Authenticates a request by its token and the edge's secret.
 *
 * @throws {RequestRefused} The same answer for a wrong token and for a request that bypassed the edge.
 */
function admit(
  event: APIGatewayProxyEventV2,
  { tokens, edgeSecrets }: WebhookSettings,
  observation: Observation,
): RequestHead {
  // Before the token, so that the time of an answer does not tell which of the two is wrong.
  const edgeFault = faultOfEdge(event, edgeSecrets);
  const head = authenticate(event, tokens);
  observation.note({ token_fingerprint: tokens.fingerprint(head.tokenIndex) });
  if (edgeFault) {
    // Counted only with the right token. The sender is the PBX or somebody who has the URL.
    observation.note({ edge: edgeFault });
    observation.metric('EdgeBypassed');
    observation.metric('Refused');
    throw unknownToken();
  }
  if (head.isOldToken && head.isPost) observation.metric('OldTokenUsed');
  return head;
}

/** @throws {RequestRefused} If the sender is not allowed, or the request holds no valid message. */
function readMessage(
  event: APIGatewayProxyEventV2,
  head: RequestHead,
  settings: WebhookSettings,
  observation: Observation,
): SmsMessage {
  const { tokens, edgeSecrets, edgeDomainName, isSourceAllowed, isNumberAllowed } = settings;
  refuseOtherSources(event, isSourceAllowed, edgeSecrets !== undefined);
  refuseOtherMethods(head);
  const reading: Reading = {
    redactor: redactorFor(head, settings),
    warn: (warning) => observation.warn(warning),
  };
  const form = readForm(event, reading);
  const settingsFaults = faultsOfPbxSettings(form.fields, {
    host: edgeDomainName ?? event.requestContext.domainName ?? '',
    path: event.rawPath,
    isToken: (text) => tokens.indexOf(text) >= 0,
  });
  for (const fault of settingsFaults) reading.warn(fault);
  const message = readSmsMessage(form, reading);
  observation.note({ message_id: message.message_id });
  refuseOtherNumbers(message, isNumberAllowed);
  return message;
}

/** One for each request, because it limits the work for one message. */
function redactorFor({ token, tokenIndex }: RequestHead, { tokens }: WebhookSettings) {
  return redactorOf(token, tokens.except(tokenIndex));
}

interface Refusal extends RequestHead {
  readonly outcome: Outcome;
  readonly faults: readonly FieldFault[];
}

/** Keeps a request that is refused for its content, best effort. The answer is the same if this fails. */
async function keepRequest(
  event: APIGatewayProxyEventV2,
  { outcome, faults, ...head }: Refusal,
  settings: WebhookSettings,
  { keepRefused }: WebhookDependencies,
  context: ObservedContext,
): Promise<void> {
  // A GET, such as a browser's, holds no message.
  if (!head.isPost || !isQuarantineReason(outcome)) return;
  const { observation, awsRequestId } = context;
  const time = Math.min(context.getRemainingTimeInMillis() - RESERVE_MS.cleanUp, KEEP_WITHIN_MS);
  using deadlines = startDeadlines(time, { keep: 0 });
  try {
    const request = refusedRequest(event, outcome, faults, redactorFor(head, settings));
    const quarantined = await keepRefused(request, awsRequestId, deadlines.keep);
    observation.note({
      quarantined,
      ...(quarantined
        ? { quarantine_id: request.quarantine_id }
        : { quarantine_fault: 'over the day’s limit' }),
    });
  } catch (error) {
    observation.note({ quarantined: false, quarantine_fault: describeError(error).error });
  }
}

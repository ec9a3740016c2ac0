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

/** Time of the function that is left at each deadline, ms. */
const RESERVE_MS = { work: 3_000, cleanUp: 1_000 };

/** A refused request is kept within this time, ms, or not at all: the PBX waits for its answer. */
const KEEP_WITHIN_MS = 2_000;

export interface WebhookDependencies extends DeliveryDependencies {
  readonly keepRefused: KeepRefused;
}

/**
 * The webhook: authenticates a request, reads its message, delivers it and answers. Keeps what it refuses.
 * Throws what `answerErrors` of answers.ts turns into answers.
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
 * Lets a request in by its token and the edge that it came through.
 *
 * @throws {RequestRefused} The answer to a wrong token and to a request past the edge is the same one.
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
    // Counted only with the right token: it is the PBX, or somebody who has the URL.
    observation.note({ edge: edgeFault });
    observation.metric('EdgeBypassed');
    observation.metric('Refused');
    throw unknownToken();
  }
  if (head.isOldToken && head.isPost) observation.metric('OldTokenUsed');
  return head;
}

/** @throws {RequestRefused} If the request may not send a message, or holds none. */
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

/** Of one request: its bound is for one message. */
function redactorFor({ token, tokenIndex }: RequestHead, { tokens }: WebhookSettings) {
  return redactorOf(token, tokens.except(tokenIndex));
}

interface Refusal extends RequestHead {
  readonly outcome: Outcome;
  readonly faults: readonly FieldFault[];
}

/** Keeps a request that is refused for what it holds, best effort: the answer is the same without it. */
async function keepRequest(
  event: APIGatewayProxyEventV2,
  { outcome, faults, ...head }: Refusal,
  settings: WebhookSettings,
  { keepRefused }: WebhookDependencies,
  context: ObservedContext,
): Promise<void> {
  // A browser's GET holds no message.
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

import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { WebhookSettings } from './config.ts';
import { refuseOtherNumbers, refuseOtherSources } from './http/allow-lists.ts';
import { answer, noteOutcome } from './http/answers.ts';
import { faultOfEdge } from './http/edge.ts';
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
import type { SmsMessage } from './messages/sms-message.ts';
import type { Observation, ObservedContext } from './telemetry/observability.ts';

/** Time of the function that is left at each deadline, ms. */
const RESERVE_MS = { work: 3_000, cleanUp: 1_000 };

/**
 * The webhook: authenticates a request, reads its message, delivers it and answers. Throws what
 * `answerErrors` of answers.ts turns into answers.
 */
export function webhook(settings: WebhookSettings, dependencies: DeliveryDependencies) {
  return async (
    event: APIGatewayProxyEventV2,
    context: ObservedContext,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    const { observation } = context;
    const head = admit(event, settings, observation);
    const message = readMessage(event, head, settings, observation);
    const { message_id } = message;
    observation.note({ message_id });
    refuseOtherNumbers(message, settings.isNumberAllowed);

    using deadlines = startDeadlines(context.getRemainingTimeInMillis(), RESERVE_MS);
    const { outcome, tries, marked } = await deliver(message, dependencies, deadlines);
    noteOutcome(observation, outcome, tries);
    if (marked === false) observation.metric('NotMarked');
    return answer(outcome, { message_id });
  };
}

/**
 * Lets a request in by its token, the edge that it came through, and its source.
 *
 * @throws {RequestRefused} The answer to a wrong token and to a request past the edge is the same one.
 */
function admit(
  event: APIGatewayProxyEventV2,
  { tokens, edgeSecrets, isSourceAllowed }: WebhookSettings,
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
  refuseOtherSources(event, isSourceAllowed, edgeSecrets !== undefined);
  refuseOtherMethods(head);
  return head;
}

/** @throws {RequestRefused} If the request holds no message. */
function readMessage(
  event: APIGatewayProxyEventV2,
  { token, tokenIndex }: RequestHead,
  { tokens, edgeDomainName }: WebhookSettings,
  observation: Observation,
): SmsMessage {
  const reading: Reading = {
    redactor: redactorOf(token, tokens.except(tokenIndex)),
    warn: (warning) => observation.warn(warning),
  };
  const form = readForm(event, reading);
  const settingsFaults = faultsOfPbxSettings(form.fields, {
    host: edgeDomainName ?? event.requestContext.domainName ?? '',
    path: event.rawPath,
    isToken: (text) => tokens.indexOf(text) >= 0,
  });
  for (const fault of settingsFaults) reading.warn(fault);
  return readSmsMessage(form, reading);
}

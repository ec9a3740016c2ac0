import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { type IsAllowed, refuseOtherNumbers, refuseOtherSources } from './allow-lists.ts';
import { answer } from './answers.ts';
import { startDeadlines } from './deadlines.ts';
import { type DeliveryDependencies, deliver } from './delivery.ts';
import { faultOfEdge } from './edge.ts';
import type { MessageRecord } from './message-record.ts';
import { MAX_NOTIFICATION_BYTES, type Notification, notificationBytes } from './notification.ts';
import type { Observation, ObservedContext } from './observability.ts';
import { RequestRefused } from './outcomes.ts';
import { faultsOfPbxSettings } from './pbx-settings.ts';
import { fingerprint, readSmsMessage, type SmsMessage } from './sms-message.ts';
import { authenticate, indexOfToken, isPost, readForm, unknownToken } from './webhook-request.ts';

export interface ReceiveSmsDependencies extends DeliveryDependencies {
  /** The last one is the current token's. */
  readonly tokenHashes: readonly Buffer[];
  /** What an edge in front of the API proves itself with; none: there is no edge. */
  readonly edgeSecretHashes: readonly Buffer[];
  /** The host of the webhook's URL, if it is not the API's own. */
  readonly edgeDomainName?: string | undefined;
  readonly isSourceAllowed: IsAllowed;
  readonly isNumberAllowed: IsAllowed;
}

/**
 * The webhook: reads a request, delivers its message and answers. Throws what `answerErrors` of
 * answers.ts turns into answers.
 */
export function receiveSms(dependencies: ReceiveSmsDependencies) {
  return async (
    event: APIGatewayProxyEventV2,
    context: ObservedContext,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    const { observation } = context;
    const { tokenHashes, edgeSecretHashes, toNotification, isSourceAllowed, isNumberAllowed } =
      dependencies;
    const edgeFault = faultOfEdge(event, edgeSecretHashes);
    const { token, tokenIndex } = authenticate(event, tokenHashes);
    observation.note({ token_index: tokenIndex });
    if (edgeFault) {
      // Counted only with the right token: it is the PBX, or somebody who has the URL.
      observation.note({ edge: edgeFault });
      observation.metric('EdgeBypassed');
      observation.metric('Refused');
      throw unknownToken();
    }
    const isOld = tokenIndex < tokenHashes.length - 1;
    if (isOld && isPost(event)) observation.metric('OldTokenUsed');
    refuseOtherSources(event, isSourceAllowed, edgeSecretHashes.length > 0);

    const { fields, fallbackDecoded } = readForm(event);
    if (fallbackDecoded.length > 0) {
      observation.note({ decoded_as_windows_1252: fallbackDecoded.length });
      observation.metric('DecodedAsWindows1252');
    }
    reportPbxSettings(event, fields, dependencies, observation);
    const message = readSmsMessage(fields, token);
    observation.note({ message_id: message.message_id });
    refuseOtherNumbers(message, isNumberAllowed);
    if (mayBeTooLarge(message)) {
      refuseTooLarge(toNotification(recordOf(message, dependencies.now())));
    }

    const deadlines = startDeadlines(context.getRemainingTimeInMillis());
    const delivery = deliver(message, dependencies, deadlines).finally(deadlines.end);
    const { outcome, attempts, marked } = await delivery;
    observation.outcomeIs(outcome, attempts);
    if (marked === false) observation.metric('NotMarked');
    if (outcome === 'conflict' || outcome === 'in-flight') observation.level = 'WARN';
    return answer(outcome, { message_id: message.message_id });
  };
}

/** Warns of settings that somebody should look at. The answer stays what it is. */
function reportPbxSettings(
  { requestContext, rawPath }: APIGatewayProxyEventV2,
  fields: ReadonlyMap<string, string>,
  { tokenHashes, edgeDomainName }: Pick<ReceiveSmsDependencies, 'tokenHashes' | 'edgeDomainName'>,
  observation: Observation,
): void {
  const faults = faultsOfPbxSettings(fields, {
    host: edgeDomainName ?? requestContext.domainName ?? '',
    path: rawPath,
    isToken: (text) => indexOfToken(text, tokenHashes) >= 0,
  });
  if (faults.length === 0) return;
  for (const { metric } of faults) observation.metric(metric);
  observation.note({ warnings: faults.map(({ warning }) => warning).join('; ') });
  observation.level = 'WARN';
}

/**
 * Whether the notification could be larger than SNS takes. JSON makes six bytes of a UTF-16 unit at
 * most. All that is not extra has limits of its own, far under half of SNS's.
 */
function mayBeTooLarge({ extra }: SmsMessage): boolean {
  let units = 0;
  for (const name in extra) units += name.length + (extra[name]?.length ?? 0);
  return units * 6 > MAX_NOTIFICATION_BYTES / 2;
}

/** The message as a record of it would be, as far as a notification goes. */
function recordOf(message: SmsMessage, received_at: number): MessageRecord {
  return { ...message, received_at, fingerprint: fingerprint(message), attempts: 1 };
}

/** What SNS would always refuse must not be stored: it would stay pending for ever. */
function refuseTooLarge(notification: Notification): void {
  const bytes = notificationBytes(notification);
  if (bytes <= MAX_NOTIFICATION_BYTES) return;
  throw new RequestRefused(
    'too-large',
    `The notification would have ${bytes} bytes; ${MAX_NOTIFICATION_BYTES} at most`,
  );
}

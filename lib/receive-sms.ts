import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { answer } from './answers.ts';
import { type DeliveryDependencies, deliver } from './delivery.ts';
import { MAX_NOTIFICATION_BYTES, notificationBytes, toNotification } from './notification.ts';
import type { ObservedContext } from './observability.ts';
import { RequestRefused } from './outcomes.ts';
import { fingerprint, readSmsMessage, type SmsMessage } from './sms-message.ts';
import { authenticate, readForm } from './webhook-request.ts';

/** Of the function's time, ms: what is left when work must be over, and when cleaning up must be. */
const RESERVE = { work: 3_000, cleanUp: 1_000 };

export interface ReceiveSmsDependencies extends DeliveryDependencies {
  readonly tokenHashes: readonly Buffer[];
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
    const { token, tokenIndex } = authenticate(event, dependencies.tokenHashes);
    observation.note({ token_index: tokenIndex });

    const { fields, fallbackDecoded } = readForm(event);
    if (fallbackDecoded.length > 0) {
      observation.note({ decoded_as_windows_1252: fallbackDecoded.length });
      observation.metric('DecodedAsWindows1252');
    }
    const message = readSmsMessage(fields, token);
    observation.note({ message_id: message.message_id });
    refuseTooLarge(message, dependencies.now());

    const { outcome, attempts, marked } = await deliver(
      message,
      dependencies,
      deadlinesOf(context),
    );
    observation.outcomeIs(outcome, attempts);
    if (marked === false) observation.metric('NotMarked');
    if (outcome === 'conflict' || outcome === 'in-flight') observation.level = 'WARN';
    return answer(outcome, { message_id: message.message_id });
  };
}

function deadlinesOf(context: ObservedContext) {
  const remaining = context.getRemainingTimeInMillis();
  return {
    work: AbortSignal.timeout(Math.max(0, remaining - RESERVE.work)),
    cleanUp: AbortSignal.timeout(Math.max(0, remaining - RESERVE.cleanUp)),
  };
}

/** What SNS would always refuse must not be stored: it would stay pending for ever. */
function refuseTooLarge(message: SmsMessage, received_at: number): void {
  const record = { ...message, received_at, fingerprint: fingerprint(message), attempts: 1 };
  const bytes = notificationBytes(toNotification(record));
  if (bytes <= MAX_NOTIFICATION_BYTES) return;
  throw new RequestRefused(
    'too-large',
    `The notification would have ${bytes} bytes; ${MAX_NOTIFICATION_BYTES} at most`,
  );
}

import type { AnsweredRequest } from '../../local/gateway.ts';
import type { Attempt } from '../protocol.ts';

/** The fields that answers of lib/http/answers.ts and of the gateway may have. */
interface AnswerBody {
  readonly outcome?: string;
  readonly type?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly field: string; readonly reason: string }[];
  readonly message_id?: string;
  readonly message?: string;
}

const PROBLEM_TYPE = 'urn:inbound-sms:problem:';

/**
 * A request to the webhook, as the console shows it. It has no text of the sender.
 *
 * @param quarantine_id The key of its entry in the quarantine, if the function kept it.
 */
export function attemptOf(answered: AnsweredRequest, at: number, quarantine_id?: string): Attempt {
  const { response, isSent, ms, failure } = answered;
  const body = answerOf(response.body);
  const outcome = body.type?.startsWith(PROBLEM_TYPE)
    ? body.type.slice(PROBLEM_TYPE.length)
    : body.outcome;
  // Without the token, a request is not a message of this service.
  const message_id = body.message_id ?? (outcome === 'unknown-token' ? undefined : idIn(answered));
  const reason = isSent ? (failure ?? reasonOf(body)) : 'The caller was gone';
  return {
    at,
    ms,
    ...(isSent && { status: response.status }),
    ...(outcome !== undefined && { outcome }),
    ...(message_id !== undefined && { message_id }),
    ...(reason !== undefined && { reason }),
    ...(quarantine_id !== undefined && { quarantine_id }),
  };
}

function answerOf(body: Buffer | string): AnswerBody {
  try {
    const parsed = JSON.parse(String(body));
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** The id in the form, if there is exactly one and it is valid. */
function idIn({ body }: AnsweredRequest): string | undefined {
  const ids = new URLSearchParams(String(body ?? '')).getAll('message_id');
  return ids.length === 1 ? keptId(ids[0] ?? '') : undefined;
}

function reasonOf({ title, detail, errors = [], message }: AnswerBody): string | undefined {
  const faults = errors.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  return [detail ?? title ?? message, faults].filter(Boolean).join(': ') || undefined;
}

/** The id as the service stores it, with a UUID in lower case: see lib/messages/sms-message.ts. Nothing if it is invalid. */
export function keptId(id: string): string | undefined {
  if (!/^[\x21-\x7e]{1,128}$/.test(id)) return undefined;
  return ownText(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id) ? id.toLowerCase() : id);
}

/**
 * A copy of a part of a text. Without a copy, V8 keeps the whole text in memory, such as the body of a request.
 */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

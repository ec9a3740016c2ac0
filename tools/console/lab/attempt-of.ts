import type { AnsweredRequest } from '../../local/gateway.ts';
import type { Attempt } from '../protocol.ts';

/** What the answers of lib/http/answers.ts and of the gateway may hold. */
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
 * A request to the webhook, as the console shows it. Holds nothing of what the sender wrote.
 *
 * @param quarantine_id What the function kept it under.
 */
export function attemptOf(answered: AnsweredRequest, at: number, quarantine_id?: string): Attempt {
  const { response, isSent, ms, failure } = answered;
  const body = answerOf(response.body);
  const outcome = body.type?.startsWith(PROBLEM_TYPE)
    ? body.type.slice(PROBLEM_TYPE.length)
    : body.outcome;
  // A caller without the token sends no message of ours.
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

/** The form's own id, if it has exactly one that could be one. */
function idIn({ body }: AnsweredRequest): string | undefined {
  const ids = new URLSearchParams(String(body ?? '')).getAll('message_id');
  return ids.length === 1 ? keptId(ids[0] ?? '') : undefined;
}

function reasonOf({ title, detail, errors = [], message }: AnswerBody): string | undefined {
  const faults = errors.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  return [detail ?? title ?? message, faults].filter(Boolean).join(': ') || undefined;
}

/** The id as the service keeps it: lib/messages/sms-message.ts has a UUID in lower case. Nothing if it is none. */
export function keptId(id: string): string | undefined {
  if (!/^[\x21-\x7e]{1,128}$/.test(id)) return undefined;
  return ownText(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id) ? id.toLowerCase() : id);
}

/**
 * A copy of a text that was cut out of another one: V8 keeps the whole other text, such as a request's body,
 * as long as the piece is kept.
 */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

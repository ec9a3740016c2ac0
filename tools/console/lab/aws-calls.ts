import { markAttribute } from '../../../lib/aws/delivery-marks.ts';
import { quarantineIdOfKey } from '../../../lib/aws/quarantine-item.ts';
import type { AwsCall, CallReport, Fault } from '../../local/fault-proxy.ts';
import type { AwsCallView } from '../protocol.ts';
import { ownText } from './attempt-of.ts';

type Called = Pick<AwsCall, 'operation' | 'body'>;

/** The fault of a call whose function was killed. Its caller is gone, too. */
export const KILLED: Fault = { kind: 'reset' };

/** A call as the console shows it, once for each message that it concerns. */
export function viewsOf(report: CallReport): AwsCallView[] {
  const { call, ms, fault, end, answer } = report;
  const { service } = call;
  if (service === 'sqs' || service === 'ssm') return [];
  const error = errorOf(report);
  const subscriber = subscriberOf(call);
  // All messages of a batch belong to one replay.
  const [replay] = attributesOf(call.body, 'replay');
  return idsOf(call).map((message_id) => ({
    at: call.at,
    ms,
    service,
    operation: call.operation,
    purpose: purposeOf(call),
    message_id,
    ...(subscriber !== undefined && { subscriber }),
    ...(replay !== undefined && { replay }),
    ...(end === 'answered' && answer && { status: answer.status }),
    ...(error !== undefined && { error }),
    ...(fault?.kind === 'delay' && { slowed_ms: fault.ms }),
  }));
}

/** The entry that a call writes to the quarantine, and its request. Nothing if the call does something else. */
export function keptBy({ call: { operation, body }, end, answer }: CallReport) {
  if (operation !== 'UpdateItem' || end !== 'answered') return undefined;
  // A failed condition means that this attempt is counted already, or that the entry is discarded.
  if (answer?.status !== 200 && answer?.status !== 400) return undefined;
  const { message_id } = (body.Key ?? {}) as { message_id?: { S?: string } };
  const values = (body.ExpressionAttributeValues ?? {}) as Record<string, { S?: string }>;
  const request_id = values[':last_request']?.S;
  if (!message_id?.S || request_id === undefined) return undefined;
  const quarantine_id = ownText(quarantineIdOfKey(message_id.S));
  return { request_id: ownText(request_id), quarantine_id };
}

function errorOf({ fault, end, answer }: CallReport): string | undefined {
  if (fault === KILLED) return 'the function was killed';
  const words = wordsFor(fault);
  if (end === 'unheard') words.push('cut off: the function had stopped waiting');
  if (end === 'silent') words.push('no answer');
  if (end === 'broken' && !words.includes(DROPPED)) words.push('not reachable');
  if (end === 'answered' && answer && answer.status >= 400)
    words.push(ownText(codeIn(String(answer.body))));
  return words.join(', ') || undefined;
}

const DROPPED = 'answer dropped';

/** The injected fault of the call, unless the result shows it. */
function wordsFor(fault: Fault | undefined): string[] {
  if (fault?.kind === 'drop-answer') return [DROPPED];
  return fault?.kind === 'delay' ? wordsFor(fault.next) : [];
}

/** AWS's name of an error. SNS answers in XML, DynamoDB in JSON. */
function codeIn(body: string): string {
  const [, code] =
    /<Code>([^<]+)<\/Code>/.exec(body) ?? /"__type"\s*:\s*"(?:[^"]*#)?([^"]+)"/.exec(body) ?? [];
  return code ?? 'an error without a name';
}

/** The messages that a call of a function concerns. Empty if the call only searches. */
export function idsOf({ operation, body }: Called): string[] {
  if (operation.startsWith('Publish')) return attributesOf(body, 'message_id');
  const { message_id } = (body.Item ?? body.Key ?? {}) as { message_id?: { S?: string } };
  // A key with a space belongs to a quarantined entry, not to a message.
  return message_id?.S && !message_id.S.includes(' ') ? [message_id.S] : [];
}

/** Whether a call publishes a message again. */
function isReplay({ body }: Called): boolean {
  return attributesOf(body, 'replay').length > 0;
}

/** The subscriber whose delivery mark a call reads or writes, by the attribute's name. */
function subscriberOf({ body }: Called): string | undefined {
  const names = Object.values((body.ExpressionAttributeNames ?? {}) as Record<string, string>);
  const prefix = markAttribute('');
  return names.find((name) => name.startsWith(prefix))?.slice(prefix.length);
}

/**
 * The purpose of a call. lib/aws/message-store.ts, lib/aws/message-topic.ts and lib/aws/delivery-marks.ts make the calls.
 */
function purposeOf(call: Called): string {
  const { operation, body } = call;
  if (subscriberOf(call) !== undefined) {
    return operation === 'GetItem' ? 'read the delivery mark' : 'mark the delivery';
  }
  switch (operation) {
    case 'PutItem':
      return 'store and claim';
    case 'GetItem':
      return 'read what is stored';
    case 'UpdateItem':
      return purposeOfUpdate(body);
    case 'Publish':
    case 'PublishBatch': {
      const others = idsOf(call).length - 1;
      const what = isReplay(call) ? 'publish once more' : 'publish';
      return others > 0 ? `${what}, with ${others} more` : what;
    }
    default:
      return operation;
  }
}

function purposeOfUpdate({ UpdateExpression, ExpressionAttributeValues }: Called['body']): string {
  const update = String(UpdateExpression);
  if (update.includes('published_at')) return 'mark as published';
  if (update.startsWith('REMOVE')) return 'release';
  // The webhook claims a record that it has read. The sweeper claims a record without a live claim.
  return ':now' in ((ExpressionAttributeValues ?? {}) as object) ? 'claim' : 'take over';
}

/** The values of a message attribute in the flat parameters of SNS, for each entry. */
function attributesOf(body: Called['body'], attribute: string): string[] {
  return Object.entries(body).flatMap(([parameter, name]) => {
    if (name !== attribute || !/MessageAttributes\.entry\.\d+\.Name$/.test(parameter)) return [];
    return ownText(String(body[parameter.replace(/Name$/, 'Value.StringValue')]));
  });
}

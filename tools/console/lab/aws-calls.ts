import { markAttribute } from '../../../lib/aws/delivery-marks.ts';
import { quarantineIdOfKey } from '../../../lib/aws/quarantine-item.ts';
import type { AwsCall, CallReport, Fault } from '../../local/fault-proxy.ts';
import type { AwsCallView } from '../protocol.ts';
import { ownText } from './attempt-of.ts';

type Called = Pick<AwsCall, 'operation' | 'body'>;

/** The fault of a call whose function is killed: its caller is gone, too. */
export const KILLED: Fault = { kind: 'reset' };

/** A call as the console shows it: once for each message that it is about. */
export function viewsOf(report: CallReport): AwsCallView[] {
  const { call, ms, fault, end, answer } = report;
  const { service } = call;
  if (service === 'sqs' || service === 'ssm') return [];
  const error = errorOf(report);
  const subscriber = subscriberOf(call);
  // A batch is of one replay.
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

/** What a call keeps in the quarantine, and for which request; nothing, if it is another call. */
export function keptBy({ call: { operation, body }, end, answer }: CallReport) {
  if (operation !== 'UpdateItem' || end !== 'answered') return undefined;
  // A condition that fails says that this attempt is counted, or that the entry is discarded.
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

/** What was done to the call, unless its end shows it. */
function wordsFor(fault: Fault | undefined): string[] {
  if (fault?.kind === 'drop-answer') return [DROPPED];
  return fault?.kind === 'delay' ? wordsFor(fault.next) : [];
}

/** AWS's name for an error: SNS answers in XML, DynamoDB in JSON. */
function codeIn(body: string): string {
  const [, code] =
    /<Code>([^<]+)<\/Code>/.exec(body) ?? /"__type"\s*:\s*"(?:[^"]*#)?([^"]+)"/.exec(body) ?? [];
  return code ?? 'an error without a name';
}

/** The messages that a call of a function is about; none, if it only looks for some. */
export function idsOf({ operation, body }: Called): string[] {
  if (operation.startsWith('Publish')) return attributesOf(body, 'message_id');
  const { message_id } = (body.Item ?? body.Key ?? {}) as { message_id?: { S?: string } };
  // What is quarantined has a space in its key: it is no message.
  return message_id?.S && !message_id.S.includes(' ') ? [message_id.S] : [];
}

/** Whether what a call publishes was published before. */
function isReplay({ body }: Called): boolean {
  return attributesOf(body, 'replay').length > 0;
}

/** The subscriber whose delivery mark a call reads or writes, by its attribute of the record. */
function subscriberOf({ body }: Called): string | undefined {
  const names = Object.values((body.ExpressionAttributeNames ?? {}) as Record<string, string>);
  const prefix = markAttribute('');
  return names.find((name) => name.startsWith(prefix))?.slice(prefix.length);
}

/**
 * What a call is for: lib/aws/message-store.ts, lib/aws/message-topic.ts and lib/aws/delivery-marks.ts make
 * them.
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
  // The webhook claims what it has seen; the sweeper, what nobody holds a live claim on by now.
  return ':now' in ((ExpressionAttributeValues ?? {}) as object) ? 'claim' : 'take over';
}

/** The values of a message attribute, of each entry of SNS's flat parameters. */
function attributesOf(body: Called['body'], attribute: string): string[] {
  return Object.entries(body).flatMap(([parameter, name]) => {
    if (name !== attribute || !/MessageAttributes\.entry\.\d+\.Name$/.test(parameter)) return [];
    return ownText(String(body[parameter.replace(/Name$/, 'Value.StringValue')]));
  });
}

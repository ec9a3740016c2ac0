import type { CallReport, Fault } from '../../local/fault-proxy.ts';
import type { AwsCallView } from '../protocol.ts';
import { idsOf, purposeOf } from './aws-calls.ts';
import { KILLED } from './faults.ts';

/** A call as the console shows it: once for each message that it is about. */
export function viewsOf(report: CallReport): AwsCallView[] {
  const { call, ms, end, answer } = report;
  const { service } = call;
  if (service === 'sqs') return [];
  const error = errorOf(report);
  return idsOf(call).map((message_id) => ({
    at: call.at,
    ms,
    service,
    operation: call.operation,
    purpose: purposeOf(call),
    message_id,
    ...(end === 'answered' && answer && { status: answer.status }),
    ...(error !== undefined && { error }),
  }));
}

function errorOf({ fault, end, answer }: CallReport): string | undefined {
  if (fault === KILLED) return 'the function was killed';
  const words = wordsFor(fault);
  if (end === 'unheard') words.push('the caller was gone');
  if (end === 'silent') words.push('no answer');
  if (end === 'broken' && !words.includes(DROPPED)) words.push('not reachable');
  if (end === 'answered' && answer && answer.status >= 400) words.push(codeIn(String(answer.body)));
  return words.join(', ') || undefined;
}

const DROPPED = 'answer dropped';

/** What was done to the call, where its end does not say it. */
function wordsFor(fault: Fault | undefined): string[] {
  if (fault?.kind === 'drop-answer') return [DROPPED];
  if (fault?.kind !== 'delay') return [];
  return [`slowed by ${fault.ms.toLocaleString('en')} ms`, ...wordsFor(fault.next)];
}

/** AWS's name for an error: SNS answers in XML, DynamoDB in JSON. */
function codeIn(body: string): string {
  const [, code] =
    /<Code>([^<]+)<\/Code>/.exec(body) ?? /"__type"\s*:\s*"(?:[^"]*#)?([^"]+)"/.exec(body) ?? [];
  return code ?? 'an error without a name';
}

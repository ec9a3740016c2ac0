import type { SubscriberMessage } from '../../protocol.ts';

/** A filter policy to begin with. */
export interface PolicyExample {
  readonly label: string;
  /** JSON */
  readonly policy: string;
}

/** Examples that fit the messages at hand, so that some of them match. */
export function policyExamples(received: readonly SubscriberMessage[]): readonly PolicyExample[] {
  const latest = received[0]?.attributes;
  const from = latest?.from ?? '+61491570006';
  const number = latest?.sms_number ?? '+61491570156';
  return [
    { label: 'From Australian mobiles', policy: json({ from: [{ prefix: '+614' }] }) },
    { label: 'To one number', policy: json({ sms_number: [number] }) },
    { label: 'From anybody but one', policy: json({ from: [{ 'anything-but': [from] }] }) },
    { label: 'Only replays', policy: json({ replay: [{ exists: true }] }) },
    { label: 'No replays', policy: json({ replay: [{ exists: false }] }) },
  ];
}

/**
 * The command of docs/subscribe.md that subscribes a queue with a policy.
 *
 * @returns Nothing, while the policy is no JSON.
 */
export function subscribeCommand(policy: string): string | undefined {
  const compact = compactJson(policy);
  if (compact === undefined) return undefined;
  return [
    'aws sns subscribe --topic-arn "$TOPIC_ARN" --protocol sqs',
    '--notification-endpoint "$QUEUE_ARN"',
    `--attributes ${shellQuoted(JSON.stringify({ FilterPolicy: compact }))}`,
  ].join(' \\\n  ');
}

function json(policy: object): string {
  return JSON.stringify(policy);
}

/** Without the white space of an editor. */
function compactJson(policy: string): string | undefined {
  try {
    return JSON.stringify(JSON.parse(policy));
  } catch {
    return undefined;
  }
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

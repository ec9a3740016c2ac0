import type { TopicEmail } from '../console/lab/subscribers.ts';
import { filterText } from '../shared/filter-text.ts';
import {
  folded,
  printable,
  printableJson,
  printableLine,
  printableWord,
} from '../shared/terminal-text.ts';
import { REGION } from './aws.ts';
import type { DebugTarget } from './debugging.ts';
import type { LocalStack } from './stack.ts';
import type { TopicMessage } from './topic-queue.ts';

const EXAMPLE_ID = '297abf7f-99d9-4b7d-9c46-1d7c13687b11';

/** Prefix of each line of a sender's text. */
const QUOTE = '> ';
const FURTHER = '  ';
/** Minimum columns for a text, even if the terminal is narrower. */
const MIN_ROOM = 20;

interface Shown {
  readonly now?: Date;
  /** Columns of the terminal, if it is one. */
  readonly width?: number | undefined;
}

/**
 * Says what to do with a stack that has just started.
 *
 * @param missingSecrets Names of secrets that subscribers need.
 * @param otherStages Other stages of settings.yml that have subscribers.
 */
export function readyText(
  stack: LocalStack,
  missingSecrets: readonly string[] = [],
  otherStages: readonly string[] = [],
): string {
  const { webhookUrl, consoleUrl, snsEndpoint, dynamodbEndpoint, tableName, topicArn } = stack;
  const { debugTargets } = stack;
  const queue = {
    name: 'my-queue',
    arn: topicArn.replace(/^arn:aws:sns(.*):.*/, 'arn:aws:sqs$1:my-queue'),
  };
  return `${consoleUrl ? `\nSee it in your browser:  ${consoleUrl}\n` : ''}
The webhook is ready:  ${webhookUrl}
${debugTargets.length > 0 ? debugText(debugTargets) : ''}
Send it a message, as the PBX does:
  curl -X POST '${webhookUrl}' --data "service_id=YOUR_SERVICE_ID&from=YOUR_FROM_NUMBER&sms_number=YOUR_SMS_NUMBER&body=Test%20Message&message_id=${EXAMPLE_ID}&timestamp=1576391654&webhook_url=${webhookUrl}&webhook_url_fallback=you@email.com"

DynamoDB     ${dynamodbEndpoint}   table ${tableName}
SNS and SQS  ${snsEndpoint}   topic ${topicArn}

${subscribersText(stack, missingSecrets, otherStages)}With the AWS CLI:
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=${REGION}
  # the message in the table
  aws dynamodb get-item --endpoint-url ${dynamodbEndpoint} --table-name ${tableName} --key '{"message_id":{"S":"${EXAMPLE_ID}"}}'
  # a queue of yours that gets every message
  aws sqs create-queue --endpoint-url ${snsEndpoint} --queue-name ${queue.name}
  aws sns subscribe --endpoint-url ${snsEndpoint} --topic-arn ${topicArn} --protocol sqs --notification-endpoint ${queue.arn}
  aws sqs receive-message --endpoint-url ${snsEndpoint} --queue-url ${snsEndpoint}/${topicArn.split(':')[4]}/${queue.name}

Every message that is published is shown here. Ctrl-C stops everything.
`;
}

function subscribersText(
  { subscribers, secrets }: LocalStack,
  missingSecrets: readonly string[],
  otherStages: readonly string[],
): string {
  if (subscribers.length === 0) {
    if (otherStages.length === 0) return '';
    return `settings.yml has subscribers for ${otherStages.join(', ')}, and none for this stack: they stand below \`local:\`.

`;
  }
  const nameWidth = Math.max(...subscribers.map(({ name }) => name.length));
  const lines = subscribers.map(({ name, kind, target = '', filterPolicy, deployed }) => {
    const { secret = '' } = deployed;
    const parts = [
      target,
      filterPolicy && `filter ${filterText(filterPolicy)}`,
      missingSecrets.includes(secret) &&
        `has no secret: write ${secret}=VALUE into ${secrets.fileName}`,
    ];
    return `  ${name.padEnd(nameWidth)}  ${kind.padEnd(5)}  ${parts.filter(Boolean).join('   ')}`;
  });
  return `Subscribers below \`local:\` of settings.yml:
${lines.join('\n')}

`;
}

/** An e-mail that a deployed subscriber would get, for a person. */
export function emailText(
  { subscriber, to, subject, text }: TopicEmail,
  { now = new Date(), width }: Shown = {},
): string {
  const head = `${clock(now)}  e-mail  `;
  const lines = [
    `${printableWord(subscriber)} to ${printableWord(to)}`,
    `subject ${printableWord(subject)}`,
    ...quoted(text.trimEnd(), head, width),
  ];
  return hanging(head, lines, width);
}

function debugText(targets: readonly DebugTarget[]): string {
  const addresses = targets.map(({ functionKey, address }) => `  ${address}  ${functionKey}`);
  return `
Attach a debugger, such as "Attach to the functions" of Visual Studio Code:
${addresses.join('\n')}
Time-outs are off, and each function handles one request after the other.
`;
}

/**
 * A published message, for a person. A sender's text is in quotes or behind a `>`.
 *
 * @param width Columns of the terminal, if it is one.
 */
export function notificationText(
  { message, attributes }: TopicMessage,
  { now = new Date(), width }: Shown = {},
): string {
  const sms = fieldsOf(message);
  // Either of the two formats that the service can publish.
  const from = sms.from ?? sms.originationNumber;
  const to = sms.sms_number ?? sms.destinationNumber;
  const body = sms.body ?? sms.messageBody;
  const id = sms.message_id ?? sms.inboundMessageId;
  const word = (value: unknown, none = '""') =>
    value === '' ? none : printableWord(String(value));
  const addresses = `from ${word(from, '(withheld)')} to ${word(to, '(unknown)')}`;
  const head = `${clock(now)}  published  `;
  const lines =
    from === undefined
      ? quoted(message, head, width)
      : [addresses, ...quoted(String(body), head, width), `message_id ${word(id)}`];
  return hanging(head, [...lines, `attributes ${pairs(attributes)}`], width);
}

/**
 * A function's log line, for a person. Undefined if it is not worth showing. Only `verbose` shows levels
 * below a warning.
 */
export function logText(
  functionKey: string,
  line: string,
  { verbose = false, now = new Date(), width }: Shown & { readonly verbose?: boolean } = {},
): string | undefined {
  const { level, message, timestamp: _, _aws: __, ...details } = fieldsOf(line);
  const isProblem = level === 'WARN' || level === 'ERROR';
  if (!isProblem && !verbose) return undefined;
  const text = isProblem
    ? [String(level), printableLine(String(message ?? '')), pairs(details)]
        .filter(Boolean)
        .join('  ')
    : printableLine(line);
  return hanging(`${clock(now)}  ${functionKey}  `, [text], width);
}

/** Lines beside a head. Only the head is at the left edge. A long line continues further right. */
function hanging(head: string, lines: readonly string[], width: number | undefined): string {
  const margin = ' '.repeat(head.length);
  const room = roomBeside(head + FURTHER, width);
  return (
    head + lines.map((line) => folded(line, room).join(`\n${margin}${FURTHER}`)).join(`\n${margin}`)
  );
}

/** The lines of a sender's text, for beside a head. */
function quoted(text: string, head: string, width: number | undefined): string[] {
  return printable(text)
    .split('\n')
    .flatMap((line) => folded(line, roomBeside(head + QUOTE, width)))
    .map((line) => QUOTE + line);
}

/** The columns that are left beside a text. */
function roomBeside(text: string, width: number | undefined): number | undefined {
  return width === undefined ? undefined : Math.max(MIN_ROOM, width - text.length);
}

/** The fields of a JSON object. Empty for any other text. */
function fieldsOf(text: string): Record<string, unknown> {
  try {
    const parsed = JSON.parse(text);
    return parsed !== null && typeof parsed === 'object' ? parsed : {};
  } catch {
    return {};
  }
}

function pairs(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      const text = typeof value === 'string' ? printableWord(value) : printableJson(value);
      return `${printableWord(name)}=${text}`;
    })
    .join(', ');
}

function clock(date: Date): string {
  return date.toTimeString().slice(0, 8);
}

import { MASK, maskUrl } from '../../../infra/plugin/mask-token.js';
import { nextSteps } from '../../../infra/plugin/next-steps.js';
import { connectionProblem } from '../../pbx-simulator/connection-problem.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { calledOn, stackCommand, withStack } from '../command.ts';
import { statusOfUrl } from '../doctor/webhook-check.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { KnownToken, Stack } from '../stack.ts';

/** How long the webhook may take to answer. */
const LIMIT_MS = 5_000;

/** `inbound-sms url` */
export function urlCommand(runtime: Runtime) {
  return stackCommand(runtime, 'url', {
    summary: 'show the webhook URL to paste, who gets the messages, and how to subscribe',
    description:
      'The token is the last one in WEBHOOK_TOKENS, from the environment or from .env. Without it, it is the current one that `token new` has stored. In a pipe or a file the token is masked: anyone who has it can post.',
    examples: [
      ['--stage prod', 'the URL to paste into the PBX portal'],
      ['--stage prod --json --show-token | jq -r .url', 'the URL for a script'],
    ],
  })
    .option('--show-token', 'show the whole URL in a pipe or a file, too')
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        const known = await stack.webhookToken();
        if (options.showToken && known.token === undefined) {
          // A script must not use half of a URL.
          throw new CliError(
            EXIT.failed,
            `The whole URL is not known here. ${known.why}`,
            'Set WEBHOOK_TOKENS, in the environment or in .env, or copy the URL from the PBX portal.',
          );
        }
        await refuseUndeployedToken(stack, known, output);
        if (known.token === undefined && known.isRefused) output.note(known.why);
        return showUrl(stack, known, output, output.isTerminal || options.showToken === true);
      }),
    );
}

/** With a token that is not deployed, the PBX would get 404. */
async function refuseUndeployedToken(
  stack: Stack,
  known: KnownToken,
  output: Output,
): Promise<void> {
  const { signal } = output;
  if (stack.isLocal || known.token === undefined) return;
  const { token, source } = known;
  const status = await statusOfUrl(stack, token, signal, LIMIT_MS).catch((error: unknown) => {
    signal.throwIfAborted();
    const reason = connectionProblem(error) ?? String(error);
    output.note(`It is not known whether this token is deployed: ${reason}.`);
  });
  if (status !== 404) return;
  throw new CliError(
    EXIT.failed,
    `The current token of ${source} is not deployed yet: the webhook answers 404 to its URL.`,
    `Deploy it, or set WEBHOOK_TOKENS to the token that is deployed. See docs/operations.md#change-the-url. If it is deployed, run: ${calledOn(stack, 'doctor')}`,
  );
}

async function showUrl(
  stack: Stack,
  { token }: KnownToken,
  output: Output,
  showsToken: boolean,
): Promise<void> {
  const { webhookBaseUrl, topicArn, region, outputs, stage = 'STAGE' } = stack;
  if (output.isJson) {
    const shown = showsToken ? `${webhookBaseUrl}/${token}` : maskUrl(`${webhookBaseUrl}/${MASK}`);
    const url = token === undefined ? null : shown;
    const subscribers = stack.subscribers.map(({ name, kind }) => ({ name, kind }));
    const place = { webhook_base_url: webhookBaseUrl, topic_arn: topicArn, region };
    await output.json({ url, ...place, subscribers });
    return;
  }
  const steps = nextSteps({ outputs, region, stage, token, isTerminal: showsToken });
  const sections = { ...steps, subscribers: subscriberLines(stack) };
  for (const [title, lines] of Object.entries(stack.isLocal ? local(stack, sections) : sections)) {
    await output.text(`${output.style('bold', title)}`);
    for (const line of lines) await output.text(`  ${line}`);
  }
  if (token !== undefined && !showsToken)
    output.note('Add --show-token to see the whole URL here.');
}

/** The subscribers of settings.yml. Subscriptions by hand are not known here. */
function subscriberLines({ subscribers, isLocal }: Stack): string[] {
  if (subscribers.length > 0) return subscribers.map(({ name, kind }) => `${name} (${kind})`);
  const how = isLocal
    ? 'below `local:` in settings.yml, and start `npm start` again'
    : 'in settings.yml, and deploy';
  return [
    `Nobody gets the messages, unless you have subscribed by hand. Add subscribers ${how}: docs/subscribers.md`,
  ];
}

/** The local stack has no alarms, and other endpoints. */
function local({ clients, topicArn, region }: Stack, sections: Record<string, string[]>) {
  const endpoint = clients.endpoint('sns');
  const subscribe = `aws sns subscribe --endpoint-url ${endpoint} --region ${region} --topic-arn ${topicArn} --protocol sqs --notification-endpoint QUEUE_ARN`;
  const { alarms: _, ...others } = sections;
  return { ...others, 'subscribe to the topic': [`Topic: ${topicArn}`, `SQS:    ${subscribe}`] };
}

import { subscriberOutputs } from './function-config.js';
import { maskUrl } from './mask-token.js';

/** @import { DeployedSubscriber } from '../../tools/shared/subscriber-outputs.ts' */

/**
 * What to do with a deployed stack, in sections of lines. `serverless deploy` and `serverless info` show
 * it.
 *
 * @param {object} stack
 * @param {Readonly<Record<string, string>>} stack.outputs The stack's outputs.
 * @param {string} stack.region
 * @param {string} stack.stage
 * @param {string | undefined} stack.token The URL's token, if this user has it.
 * @param {string} [stack.tokenSource] The token's source: the variable, or a parameter in AWS.
 * @param {boolean} [stack.isTokenInForce] `false` if the webhook does not accept that token.
 * @param {boolean} stack.isTerminal If not, as in the log of a pipeline, the token is masked.
 * @returns {Record<string, string[]>}
 */
export function nextSteps(stack) {
  const { outputs, region, stage, token, tokenSource = 'WEBHOOK_TOKENS' } = stack;
  const { isTokenInForce = true, isTerminal } = stack;
  const { WebhookBaseUrl = '', MessagesTopicArn = '', AlarmEmail, EdgeOriginDomain } = outputs;
  return {
    'paste into the PBX portal': isTokenInForce
      ? pasteLines(WebhookBaseUrl, token, isTerminal)
      : [
          // A token that is not deployed would be answered 404.
          `Web Hook URL: ${WebhookBaseUrl}/TOKEN`,
          `The current token of ${tokenSource} is not deployed yet, so its URL is answered 404: deploy it, or set WEBHOOK_TOKENS to the token that is deployed. See docs/operations.md#change-the-url.`,
        ],
    ...(EdgeOriginDomain && {
      'set up the edge': [
        `It sends requests to ${EdgeOriginDomain}, with a secret of EDGE_SECRETS in the header x-edge-secret: docs/deploy.md#an-edge`,
      ],
    }),
    subscribers: subscriberLines(subscriberOutputs().subscribersIn(outputs), stage),
    'subscribe to the topic': subscribeLines(MessagesTopicArn, region),
    alarms: [
      AlarmEmail
        ? // `ops@example.com` becomes `o***@example.com`: enough to recognize your own address.
          `They go to ${AlarmEmail.replace(/^(.).*@/, '$1***@')}, once that address has confirmed the subscription.`
        : 'They go to nobody: set ALARM_EMAIL in .env, or alarmEmail in settings.yml.',
    ],
  };
}

/** @param {string} baseUrl @param {string | undefined} token @param {boolean} isTerminal */
function pasteLines(baseUrl, token, isTerminal) {
  if (!token) {
    return [
      `Web Hook URL: ${baseUrl}/TOKEN`,
      'Set WEBHOOK_TOKENS, in the environment or in .env, to see the whole URL. Or ask for the permission to read the token in AWS: docs/permissions.md#operator.',
    ];
  }
  const url = `${baseUrl}/${token}`;
  return [
    `Web Hook URL: ${isTerminal ? url : maskUrl(url)}`,
    ...(isTerminal ? [] : ['The token is shown only on a terminal: anyone who has it can post.']),
    'Web Hook Fallback Email: yours. What cannot be accepted is e-mailed there.',
  ];
}

/** @param {readonly DeployedSubscriber[]} subscribers @param {string} stage */
function subscriberLines(subscribers, stage) {
  const more =
    'Add some to settings.yml, and deploy: docs/subscribers.md. Below is how to subscribe by hand.';
  if (subscribers.length === 0) return [`There are none. ${more}`];
  return [
    ...subscribers.map(({ name, kind, secret, queue }) => {
      // The outputs do not tell whether an address is confirmed or a secret is set.
      if (kind === 'email') {
        return `${name}: its address must be confirmed once. Copy the link from AWS's e-mail: bin/inbound-sms subscribers confirm ${name} LINK --stage ${stage}`;
      }
      if (kind === 'queue') return `${name}: ${queue}`;
      return `${name}: reads the secret ${secret}. Set or change it: bin/inbound-sms secret set ${secret} --stage ${stage}`;
    }),
    `What is left to do: bin/inbound-sms doctor --stage ${stage}. How they are: bin/inbound-sms subscribers --stage ${stage}.`,
  ];
}

/** @param {string} topicArn @param {string} region */
function subscribeLines(topicArn, region) {
  const subscribe = (/** @type {string} */ protocol, /** @type {string} */ endpoint) =>
    `aws sns subscribe --region ${region} --topic-arn ${topicArn} --protocol ${protocol} --notification-endpoint ${endpoint}`;
  const sqs = `SQS:    ${subscribe('sqs', 'QUEUE_ARN')}`;
  if (topicArn.endsWith('.fifo')) return [`Topic: ${topicArn} (FIFO: for SQS queues only)`, sqs];
  return [
    `Topic: ${topicArn}`,
    `E-mail: ${subscribe('email', 'YOU@EXAMPLE.COM')}`,
    sqs,
    `Lambda: ${subscribe('lambda', 'FUNCTION_ARN')}`,
    `        aws lambda add-permission --region ${region} --function-name FUNCTION_ARN --statement-id inbound-sms --action lambda:InvokeFunction --principal sns.amazonaws.com --source-arn ${topicArn}`,
    `HTTPS:  ${subscribe('https', 'https://YOUR.ENDPOINT')}`,
    'A queue also needs a policy that lets the topic send to it: docs/subscribe.md#a-queue.',
  ];
}

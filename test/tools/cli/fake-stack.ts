import type { AwsClients } from '../../../tools/cli/aws-clients.ts';
import type { Stack } from '../../../tools/cli/stack.ts';

type Answer = (input: never) => object | Promise<object>;
/** What AWS answers, by the name of the call: `ListQueues`. */
export type Answers = Readonly<Record<string, Answer>>;

export interface Call {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A client of AWS's, of whatever service, that answers so, and notes what it is asked. */
export function fakeClient(answers: Answers, calls: Call[] = []) {
  const answer = async (name: string, input: object): Promise<object> => {
    calls.push({ name, input: { ...input } });
    const known = answers[name];
    if (!known) throw new Error(`Nobody answers ${name}`);
    return known(input as never);
  };
  const methods = Object.keys(answers).map((name) => [
    `${name.charAt(0).toLowerCase()}${name.slice(1)}`,
    (input: object) => answer(name, input),
  ]);
  return {
    ...Object.fromEntries(methods),
    send: (command: { readonly input: object }) =>
      answer(command.constructor.name.replace(/Command$/, ''), command.input),
  } as never;
}

/** A stack that is deployed, as far as these answers go. */
export function fakeStack(answers: Answers, changes: Partial<Stack> = {}, calls: Call[] = []) {
  const client = async () => fakeClient(answers, calls);
  const clients = {
    ...{ cloudformation: client, dynamodb: client, logs: client, sns: client },
    ...{ sqs: client, ssm: client, lambda: client },
  };
  const stack: Partial<Stack> = {
    name: 'inbound-sms-prod',
    region: 'us-east-1',
    isLocal: false,
    selector: ['--stage prod'],
    outputs: {},
    webhookToken: async () => ({ token: 'the-token', source: 'WEBHOOK_TOKENS' }),
    tableName: 'messages',
    topicArn: 'arn:aws:sns:us-east-1:123456789012:messages',
    subscribers: [],
    secretParameter: (secret) => `/inbound-sms/prod/${secret}`,
    clients: clients as unknown as AwsClients,
    ...changes,
  };
  return stack as Stack;
}

/** An error as the SDK throws it. */
export function awsError(name: string, message = 'Said AWS'): Error {
  return Object.assign(new Error(message), { name, $metadata: {} });
}

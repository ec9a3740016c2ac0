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
  return {
    async send(command: { readonly input: object }): Promise<object> {
      const name = command.constructor.name.replace(/Command$/, '');
      calls.push({ name, input: { ...command.input } });
      const answer = answers[name];
      if (!answer) throw new Error(`Nobody answers ${name}`);
      return answer(command.input as never);
    },
  } as never;
}

/** A stack that is deployed, as far as these answers go. */
export function fakeStack(answers: Answers, changes: Partial<Stack> = {}, calls: Call[] = []) {
  const client = async () => fakeClient(answers, calls);
  const clients = { cloudformation: client, dynamodb: client, logs: client, sns: client };
  const stack: Partial<Stack> = {
    name: 'inbound-sms-prod',
    region: 'us-east-1',
    isLocal: false,
    outputs: {},
    token: 'the-token',
    tableName: 'messages',
    topicArn: 'arn:aws:sns:us-east-1:123456789012:messages',
    clients: { ...clients, sqs: client, config: () => ({}) } as unknown as AwsClients,
    ...changes,
  };
  return stack as Stack;
}

/** An error as the SDK throws it. */
export function awsError(name: string, message = 'Said AWS'): Error {
  return Object.assign(new Error(message), { name, $metadata: {} });
}

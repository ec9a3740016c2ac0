import { createServer, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { hangUp, listen } from '../../local/listen.ts';

/** What a call needs, as IAM names it: the action, and the ARN of what it is about. */
export interface Use {
  readonly action: string;
  readonly resource: string;
}

export interface Recorder extends AsyncDisposable {
  readonly url: string;
  readonly uses: readonly Use[];
}

/** IAM's name of an action where it is not that of the call. */
const ACTIONS: Readonly<Record<string, string>> = {
  'sqs:DeleteMessageBatch': 'sqs:DeleteMessage',
  'sns:PublishBatch': 'sns:Publish',
};

/** Passes AWS calls on to `target`, and notes what each of them needs. */
export async function startRecorder(target: string, account: string): Promise<Recorder> {
  const uses: Use[] = [];
  const server = createServer(async (incoming, response) => {
    const body = await buffer(incoming);
    const { method, headers, url = '/' } = incoming;
    uses.push(useOf(headers, String(body), account));
    const outgoing = request(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    outgoing.end(body);
  });
  const url = `http://localhost:${await listen(server)}`;
  return { url, uses, [Symbol.asyncDispose]: () => hangUp(server) };
}

type Fields = Readonly<Record<string, unknown>>;

/** @throws {Error} If it does not know what IAM asks for such a call. */
function useOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  account: string,
): Use {
  const [, region, service = ''] =
    /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(String(headers.authorization)) ?? [];
  const isForm = String(headers['content-type']).startsWith('application/x-www-form-urlencoded');
  const fields: Fields = isForm ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body);
  const operation = String(fields.Action ?? headers['x-amz-target'])
    .split('.')
    .at(-1);
  const action = `${service}:${operation}`;
  const name = resourceOf(service, fields);
  if (name === undefined) throw new Error(`What does IAM ask for ${action}?`);
  const isArn = name.startsWith('arn:') || name === '*';
  return {
    action: ACTIONS[action] ?? action,
    resource: isArn ? name : `arn:aws:${service}:${region}:${account}:${name}`,
  };
}

function resourceOf(service: string, fields: Fields): string | undefined {
  switch (service) {
    case 'cloudformation':
      return `stack/${fields.StackName}/id`;
    case 'dynamodb': {
      const table = fields.TableName ?? Object.keys(fields.RequestItems ?? {})[0];
      return `table/${table}${fields.IndexName ? `/index/${fields.IndexName}` : ''}`;
    }
    case 'logs':
      return `log-group:${fields.logGroupName}`;
    case 'sns':
      return String(fields.TopicArn ?? String(fields.SubscriptionArn).replace(/:[^:]+$/, ''));
    case 'sqs':
      if ('QueueNamePrefix' in fields) return '*';
      return String(fields.QueueName ?? String(fields.QueueUrl).split('/').at(-1));
    default:
      return undefined;
  }
}

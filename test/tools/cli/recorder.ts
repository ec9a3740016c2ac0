import { createServer, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { hangUp, listen } from '../../../tools/local/listen.ts';

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
  'sqs:ChangeMessageVisibilityBatch': 'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessageBatch': 'sqs:DeleteMessage',
  'sqs:SendMessageBatch': 'sqs:SendMessage',
  'sns:PublishBatch': 'sns:Publish',
};

/** Actions that IAM knows no resource for: only a policy for `*` allows them. */
const OF_NO_RESOURCE =
  /^(cloudwatch:DescribeAlarms|cloudwatch:GetMetricData|lambda:ListEventSourceMappings|sns:Unsubscribe|sns:GetSubscriptionAttributes|sqs:ListQueues|ssm:DescribeParameters)$/;

/** Passes AWS calls on to `target`, and notes what each of them needs. */
export async function startRecorder(target: string, account: string): Promise<Recorder> {
  const uses: Use[] = [];
  const server = createServer(async (incoming, response) => {
    const body = await buffer(incoming);
    const { method, headers, url = '/' } = incoming;
    uses.push(...usesOf(headers, url, String(body), account));
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

/** @throws {Error} If it does not know what IAM asks for such a call. */
function usesOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  url: string,
  body: string,
  account: string,
): Use[] {
  const [, region, scope = ''] =
    /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(String(headers.authorization)) ?? [];
  const service = scope === 'monitoring' ? 'cloudwatch' : scope;
  // The protocol of CloudWatch's client is binary, and names the call in the path.
  const [, ofCloudWatch] = /\/operation\/(\w+)$/.exec(url) ?? [];
  // Lambda's is REST.
  const [, FunctionName] = /\/functions\/([^/]+)\/configuration$/.exec(url) ?? [];
  const ofLambda = FunctionName
    ? 'GetFunctionConfiguration'
    : url.includes('/event-source-mappings') && 'ListEventSourceMappings';
  const inPath = ofLambda || ofCloudWatch;
  const fields = inPath ? { FunctionName } : fieldsOf(headers['content-type'], body);
  const operation = String(inPath ?? fields.Action ?? headers['x-amz-target'])
    .split('.')
    .at(-1);
  const call = `${service}:${operation}`;
  const action = ACTIONS[call] ?? call;
  const resource = OF_NO_RESOURCE.test(action) ? '*' : resourceOf(service, fields);
  if (resource === undefined) throw new Error(`What does IAM ask for ${action}?`);
  const isWhole = resource.startsWith('arn:') || resource === '*';
  const use = {
    action,
    resource: isWhole ? resource : `arn:aws:${service}:${region}:${account}:${resource}`,
  };
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
  const tags = action === 'sqs:CreateQueue' && fields.tags;
  return tags ? [use, { ...use, action: 'sqs:TagQueue' }] : [use];
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(contentType: string | string[] | undefined, body: string): Fields {
  return String(contentType).startsWith('application/x-www-form-urlencoded')
    ? Object.fromEntries(new URLSearchParams(body))
    : JSON.parse(body);
}

function resourceOf(service: string, fields: Fields): string | undefined {
  switch (service) {
    case 'cloudformation':
      return `stack/${fields.StackName}/id`;
    case 'dynamodb': {
      const table = fields.TableName ?? Object.keys(fields.RequestItems ?? {})[0];
      return `table/${table}${fields.IndexName ? `/index/${fields.IndexName}` : ''}`;
    }
    case 'lambda':
      return `function:${fields.FunctionName}`;
    case 'logs':
      return `log-group:${fields.logGroupName}`;
    case 'sns':
      return String(fields.TopicArn);
    case 'sqs':
      return String(fields.QueueName ?? String(fields.QueueUrl).split('/').at(-1));
    case 'ssm':
      return `parameter${fields.Name ?? [fields.Names].flat()[0]}`;
    default:
      return undefined;
  }
}

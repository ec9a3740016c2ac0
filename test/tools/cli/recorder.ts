import { createServer, type IncomingHttpHeaders, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { hangUp, listen } from '../../../tools/local/listen.ts';
import type { IamRequest } from '../../helpers/evaluate-iam.ts';

/** What a call needs, as IAM names it: the action, the ARN of what it is about, and what conditions look at. */
export type Use = Omit<IamRequest, 'principal'>;

export interface Recorder extends AsyncDisposable {
  readonly url: string;
  readonly uses: readonly Use[];
  /** Refuses from now on what this does not allow, as AWS would. */
  allowOnly(isAllowed: (use: Use) => boolean): void;
}

/** IAM's name of an action where it is not that of the call. */
const ACTIONS: Readonly<Record<string, string>> = {
  's3:HeadBucket': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:ListObjectsV2': 's3:ListBucket',
  'sns:PublishBatch': 'sns:Publish',
  'sqs:ChangeMessageVisibilityBatch': 'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessageBatch': 'sqs:DeleteMessage',
  'sqs:SendMessageBatch': 'sqs:SendMessage',
};

/** Actions that IAM knows no resource for: only a policy for `*` allows them. */
const OF_NO_RESOURCE = new Set([
  'cloudformation:ValidateTemplate',
  'cloudwatch:DescribeAlarms',
  'cloudwatch:GetMetricData',
  'cloudwatch:GetMetricStatistics',
  'lambda:ListEventSourceMappings',
  'sns:GetSubscriptionAttributes',
  'sns:Unsubscribe',
  'sqs:ListQueues',
  'ssm:DescribeParameters',
  'sts:GetCallerIdentity',
]);

/** Passes AWS calls on to `target`, and notes what each of them needs. */
export async function startRecorder(target: string, account: string): Promise<Recorder> {
  const uses: Use[] = [];
  let isAllowed = (_: Use) => true;
  const server = createServer(async (incoming, response) => {
    const body = await buffer(incoming);
    const { method = '', headers, url = '/' } = incoming;
    const needed = usesOf({ method, headers, url, body: String(body) }, account);
    uses.push(...needed);
    const refused = needed.find((use) => !isAllowed(use));
    if (refused) {
      refuse(response, headers, refused);
      return;
    }
    const outgoing = request(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    outgoing.end(body);
  });
  // Not `localhost`: S3's client would put the bucket before it.
  const url = `http://127.0.0.1:${await listen(server)}`;
  return {
    ...{ url, uses },
    allowOnly(test) {
      isAllowed = test;
    },
    [Symbol.asyncDispose]: () => hangUp(server),
  };
}

/** Answers as the service does. */
function refuse(response: ServerResponse, headers: IncomingHttpHeaders, use: Use): void {
  const message = `not authorized to perform: ${use.action} on resource: ${use.resource}`;
  const type = String(headers['content-type']);
  response.setHeader('x-amzn-requestid', 'refused');
  if (type.startsWith('application/x-www-form-urlencoded')) {
    response.writeHead(403, { 'content-type': 'text/xml' });
    const error = `<Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message>`;
    response.end(`<ErrorResponse><Error>${error}</Error></ErrorResponse>`);
    return;
  }
  const error = 'AccessDeniedException';
  response.writeHead(400, { 'content-type': type, 'x-amzn-errortype': error });
  response.end(JSON.stringify({ __type: error, message }));
}

interface Call {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly body: string;
}

/** @throws {Error} If it does not know what IAM asks for such a call. */
function usesOf(call: Call, account: string): Use[] {
  const [, region = '', scope = ''] =
    /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(String(call.headers.authorization)) ?? [];
  const service = scope === 'monitoring' ? 'cloudwatch' : scope;
  const { operation, fields } = operationOf(service, call);
  const name = `${service}:${operation}`;
  const action = ACTIONS[name] ?? name;
  const resource = OF_NO_RESOURCE.has(action) ? '*' : resourceOf(service, fields);
  if (resource === undefined) throw new Error(`What does IAM ask for ${action}?`);
  const partition = region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  const places: Readonly<Record<string, string>> = { iam: `:${account}:`, s3: '::' };
  const place = places[service] ?? `${region}:${account}:`;
  const isWhole = resource.startsWith('arn:') || resource === '*';
  const use = {
    action,
    resource: isWhole ? resource : `arn:${partition}:${service}:${place}${resource}`,
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
    ...(action === 'sns:Subscribe' && { context: { 'sns:Endpoint': String(fields.Endpoint) } }),
  };
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
  const tags = action === 'sqs:CreateQueue' && fields.tags;
  return tags ? [use, { ...use, action: 'sqs:TagQueue' }] : [use];
}

type Fields = Readonly<Record<string, unknown>>;

interface Operation {
  readonly operation: string | undefined;
  readonly fields: Fields;
}

function operationOf(service: string, { method, headers, url, body }: Call): Operation {
  const { pathname, searchParams } = new URL(url, 'http://aws');
  switch (service) {
    case 's3':
      return ofS3(method, pathname, searchParams);
    case 'lambda':
      return ofLambda(method, pathname);
    case 'cloudwatch': {
      // Its protocol is binary, and names the call in the path.
      const [, inPath] = /\/operation\/(\w+)$/.exec(pathname) ?? [];
      if (inPath) return { operation: inPath, fields: {} };
    }
  }
  const fields = fieldsOf(headers['content-type'], body);
  const named = String(fields.Action ?? headers['x-amz-target']);
  return { operation: named.split('.').at(-1), fields };
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html */
function ofLambda(method: string, pathname: string): Operation {
  const [, name = '', rest] = /\/functions\/([^/]+)(\/\w+)?$/.exec(pathname) ?? [];
  const known: Readonly<Record<string, string>> = {
    'GET ': 'GetFunction',
    'GET /configuration': 'GetFunctionConfiguration',
    'GET /versions': 'ListVersionsByFunction',
    'PUT /code': 'UpdateFunctionCode',
    'PUT /configuration': 'UpdateFunctionConfiguration',
  };
  const isMapping = pathname.includes('/event-source-mappings');
  const operation = isMapping ? 'ListEventSourceMappings' : known[`${method} ${rest ?? ''}`];
  if (!operation) throw new Error(`What is Lambda's ${method} ${pathname}?`);
  return { operation, fields: { FunctionName: name } };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html */
function ofS3(method: string, pathname: string, query: URLSearchParams): Operation {
  const [, Bucket, Key] = /^\/([^/]+)\/?(.*)$/.exec(pathname) ?? [];
  const known: Readonly<Record<string, string>> = Key
    ? { GET: 'GetObject', HEAD: 'HeadObject', PUT: 'PutObject' }
    : { GET: 'ListObjectsV2', HEAD: 'HeadBucket' };
  const isDeletion = method === 'POST' && query.has('delete');
  const operation = isDeletion ? 'DeleteObject' : known[method];
  if (!operation) throw new Error(`What is S3's ${method} ${pathname}?`);
  return { operation, fields: { Bucket, Key: isDeletion ? '*' : Key } };
}

function fieldsOf(contentType: string | undefined, body: string): Fields {
  return String(contentType).startsWith('application/x-www-form-urlencoded')
    ? Object.fromEntries(new URLSearchParams(body))
    : JSON.parse(body);
}

function resourceOf(service: string, fields: Fields): string | undefined {
  switch (service) {
    case 'cloudformation':
      // By its name, or by its ARN.
      return String(fields.StackName).startsWith('arn:')
        ? String(fields.StackName)
        : `stack/${fields.StackName}/id`;
    case 'dynamodb': {
      const table = fields.TableName ?? Object.keys(fields.RequestItems ?? {})[0];
      return `table/${table}${fields.IndexName ? `/index/${fields.IndexName}` : ''}`;
    }
    case 'ecr':
      return `repository/${[fields.repositoryNames].flat()[0]}`;
    case 'iam':
      return `role/${fields.RoleName}`;
    case 'lambda':
      return `function:${fields.FunctionName}`;
    case 'logs':
      return `log-group:${fields.logGroupName}`;
    case 's3':
      return fields.Key ? `${fields.Bucket}/${fields.Key}` : String(fields.Bucket);
    case 'sns':
      return String(fields.TopicArn);
    case 'sqs':
      return String(fields.QueueName ?? String(fields.QueueUrl).split('/').at(-1));
    case 'ssm':
      // A version may follow, which IAM does not look at.
      return `parameter${String(fields.Name ?? [fields.Names].flat()[0]).replace(/:\d+$/, '')}`;
    default:
      return undefined;
  }
}

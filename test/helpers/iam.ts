import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ACCOUNT_ID, REGION } from '../../tools/local/aws.ts';
import type { AwsCall } from '../../tools/local/fault-proxy.ts';
import { type Resolved, resolve, type Value } from '../../tools/local/intrinsics.ts';
import { Template, type TemplateDocument } from '../../tools/local/template.ts';
import { evaluateIam } from './evaluate-iam.ts';

/** The permission for a call in IAM's terms: the action, and the ARN of the topic, table or index. */
export interface Use {
  readonly action: string;
  readonly resource: string;
}

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
  [element: string]: Value;
}

/** A function's role, with all expressions resolved. */
export interface Role {
  readonly arn: string;
  /** The function's log group. The Lambda service writes to it with this role. */
  readonly logGroupArn: string;
  /** The destination of failed invocations' events, if there is one. The Lambda service sends them. */
  readonly onFailureArn: string | undefined;
  /** The queues that the Lambda service reads for the function, with its role. */
  readonly sourceArns: readonly string[];
  readonly statements: Statement[];
}

/**
 * What the Lambda service does with a queue:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
const SOURCE_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const sourceUses = ({ sourceArns }: Role): Use[] =>
  sourceArns.flatMap((resource) => SOURCE_ACTIONS.map((action) => ({ action, resource })));

/** Actions of the Lambda service itself, which no call of the function shows: writing logs, ... */
const LOG_ACTIONS = ['logs:createlogstream', 'logs:putlogevents'];
/** ... and keeping the event of an invocation that failed. */
const KEEP_ACTION = 'sqs:sendmessage';

/** @throws {Error} If it does not know the permission for such a call. */
export function useOf({ service, operation, body }: AwsCall): Use {
  const { TableName, IndexName, TopicArn } = body;
  if (service === 'dynamodb' && typeof TableName === 'string') {
    const table = TableName.startsWith('arn:') ? TableName : arn('dynamodb', `table/${TableName}`);
    const resource = IndexName === undefined ? table : `${table}/index/${IndexName}`;
    return { action: `dynamodb:${operation}`, resource };
  }
  if (service === 'sns' && typeof TopicArn === 'string') {
    const action = operation === 'PublishBatch' ? 'Publish' : operation;
    return { action: `sns:${action}`, resource: TopicArn };
  }
  const { QueueUrl, Name } = body;
  if (service === 'sqs' && typeof QueueUrl === 'string') {
    return { action: `sqs:${operation}`, resource: arn('sqs', QueueUrl.split('/').at(-1) ?? '') };
  }
  if (service === 'ssm' && typeof Name === 'string') {
    return { action: `ssm:${operation}`, resource: arn('ssm', `parameter${Name}`) };
  }
  throw new Error(`What does IAM ask for ${service} ${operation}?`);
}

/** @throws {Error} If the role has permissions from outside of its own policies. */
export async function readRole(
  packageDir: string,
  stackName: string,
  functionLogicalId: string,
): Promise<Role> {
  const file = join(packageDir, 'cloudformation-template-update-stack.json');
  const document: TemplateDocument = JSON.parse(await readFile(file, 'utf8'));
  const template = new Template(document, stackName);
  const value = (expression: Value): Resolved =>
    resolve(expression, {
      ref: (name) => template.resolve({ Ref: name }),
      attribute: (logicalId, attribute) => {
        const { Type, Properties } = document.Resources[logicalId] ?? {};
        if (Type !== 'AWS::Logs::LogGroup') return template.attribute(logicalId, attribute);
        // Its only attribute is its ARN, to which CloudFormation adds all its streams.
        return `${arn('logs', `log-group:${String(value(Properties?.LogGroupName ?? null))}`)}:*`;
      },
      condition: (name) => template.resolve({ 'Fn::If': [name, true, false] }) === true,
    });

  const roleArn = value(document.Resources[functionLogicalId]?.Properties?.Role ?? null);
  const [id, role] =
    Object.entries(document.Resources).find(
      ([logicalId, { Type }]) =>
        Type === 'AWS::IAM::Role' && template.attribute(logicalId, 'Arn') === roleArn,
    ) ?? [];
  if (!id || !role) throw new Error(`${functionLogicalId} has no role in the template`);
  const elsewhere = Object.values(document.Resources).some(({ Type }) =>
    /^AWS::IAM::.*Policy$/.test(Type),
  );
  if (elsewhere || role.Properties?.ManagedPolicyArns) {
    throw new Error(`${id} may have permissions that are not in its own policies`);
  }

  const policies = value(role.Properties?.Policies ?? []) as unknown as {
    PolicyDocument: { Statement: Statement[] };
  }[];
  return {
    arn: String(roleArn),
    logGroupArn: arn('logs', `log-group:/aws/lambda/${template.ref(functionLogicalId)}`),
    onFailureArn: onFailureOf(document, functionLogicalId, value),
    sourceArns: Object.values(document.Resources)
      .filter(
        ({ Type, Properties }) =>
          Type === 'AWS::Lambda::EventSourceMapping' &&
          JSON.stringify(Properties?.FunctionName) === JSON.stringify({ Ref: functionLogicalId }),
      )
      .map(({ Properties }) => String(value(Properties?.EventSourceArn ?? null))),
    statements: policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
  };
}

/** The policy of the message topic. */
export async function readTopicPolicy(packageDir: string, stackName: string): Promise<unknown> {
  const file = join(packageDir, 'cloudformation-template-update-stack.json');
  const document: TemplateDocument = JSON.parse(await readFile(file, 'utf8'));
  const { Properties } = document.Resources.MessagesTopicPolicy ?? {};
  return new Template(document, stackName).resolve(Properties?.PolicyDocument ?? null);
}

/** The destination of the function's asynchronous invocations. */
function onFailureOf(
  { Resources }: TemplateDocument,
  functionLogicalId: string,
  value: (expression: Value) => Resolved,
): string | undefined {
  const config = Object.values(Resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::EventInvokeConfig' &&
      JSON.stringify(Properties?.FunctionName) === JSON.stringify({ Ref: functionLogicalId }),
  );
  const { OnFailure } = (config?.Properties?.DestinationConfig ?? {}) as {
    OnFailure?: { Destination: Value };
  };
  return OnFailure && String(value(OnFailure.Destination));
}

/** The reasons why a role is not exactly enough for these calls. Empty if it is. */
export function problemsOf(role: Role, uses: readonly Use[]): string[] {
  const unclearOnes = unclear(role);
  // It is unknown what IAM does with these.
  if (unclearOnes.length > 0) return unclearOnes;
  return [...wildcards(role), ...refused(role, uses), ...spare(role, uses)];
}

/** Statements that it cannot interpret. */
function unclear({ statements }: Role): string[] {
  return statements.flatMap((statement) => {
    const isPlain = statement.Effect === 'Allow' && statement.Action && statement.Resource;
    const others = Object.keys(statement).filter(
      (element) => !['Sid', 'Effect', 'Action', 'Resource'].includes(element),
    );
    return isPlain && others.length === 0 ? [] : [`unclear: ${JSON.stringify(statement)}`];
  });
}

function wildcards({ statements, logGroupArn }: Role): string[] {
  return statements
    .flatMap(({ Action, Resource }) => [...listOf(Action), ...listOf(Resource)])
    .filter((text) => /[*?]/.test(text) && text !== `${logGroupArn}:*`)
    .map((text) => `wildcard: ${text}`);
}

/** Calls that IAM would refuse. */
function refused(role: Role, uses: readonly Use[]): string[] {
  const policy = { Version: '2012-10-17', Statement: role.statements };
  const distinct = new Map(uses.map((use) => [keyOf(use), use]));
  const stream = `${role.logGroupArn}:log-stream:2026/01/01/[$LATEST]0`;
  const needed = [
    ...distinct.values(),
    ...sourceUses(role),
    { action: 'logs:PutLogEvents', resource: stream },
    ...(role.onFailureArn ? [{ action: KEEP_ACTION, resource: role.onFailureArn }] : []),
  ];
  return needed.flatMap(({ action, resource }) => {
    const request = { principal: role.arn, action, resource };
    const decision = evaluateIam(request, { identity: [policy] });
    return decision === 'allowed' ? [] : [`refused: ${action} on ${resource}: ${decision}`];
  });
}

/** What the role allows and no call needs: each action with each of its resources. */
function spare(role: Role, uses: readonly Use[]): string[] {
  const { statements, logGroupArn, onFailureArn } = role;
  const used = new Set([...uses, ...sourceUses(role)].map(keyOf));
  for (const action of LOG_ACTIONS) used.add(keyOf({ action, resource: `${logGroupArn}:*` }));
  if (onFailureArn) used.add(keyOf({ action: KEEP_ACTION, resource: onFailureArn }));
  return statements
    .flatMap(({ Action, Resource }) =>
      listOf(Action).flatMap((action) =>
        listOf(Resource).map((resource) => ({ action, resource })),
      ),
    )
    .filter((allowed) => !used.has(keyOf(allowed)))
    .map(({ action, resource }) => `spare: ${action} on ${resource}`);
}

/** Case does not matter in IAM's actions. */
function keyOf({ action, resource }: Use): string {
  return `${action.toLowerCase()} ${resource}`;
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat();
}

function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}

import { readdirSync, readFileSync } from 'node:fs';
import type { Place } from './documented-policies.ts';
import type { DeployerUse } from './handler-uses.ts';

/** The parts of osls for `deploy`, `deploy list`, `info`, `rollback`, `invoke`, `logs` and `remove`. */
const PARTS = [
  ...['deploy', 'deploy/lib', 'deploy-list.js', 'info', 'lib', 'remove', 'remove/lib'],
  ...['rollback.js', 'invoke.js', 'logs.js', 'provider.js'],
];

/** Calls of those parts that our service never causes, and why. */
const NEVER: Readonly<Record<string, string>> = {
  'api-gateway:GetApiKey': 'the service has no REST API',
  'apigatewayv2:GetApi': '`provider.httpApi.id` is not set',
  'cloudformation:ListExports': 'the same',
  'cloudwatch-logs:DeleteSubscriptionFilter': 'no function has a `cloudwatchLog` event',
  'cloudwatch-logs:DescribeSubscriptionFilters': 'the same',
  'ecr:CreateRepository': 'no function is an image',
  'ecr:DeleteRepository': 'the same',
  'ecr:DescribeImages': 'the same',
  'ecr:DescribeRepositories': '`remove` asks, and takes a refusal for: there is none',
  'ecr:GetAuthorizationToken': 'no function is an image',
  'ecr:PutLifecyclePolicy': 'the same',
  's3:ListObjectVersions': 'the bucket of the artefacts keeps no versions',
};

/** IAM's actions that have other names than the calls. */
const ACTIONS: Readonly<Record<string, string>> = {
  'lambda:Invoke': 'lambda:InvokeFunction',
  's3:DeleteObjects': 's3:DeleteObject',
  's3:HeadBucket': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:ListObjectsV2': 's3:ListBucket',
};

/**
 * The calls that osls itself makes with the deployer's credentials, read from its code. A new call of a
 * later version is an error here, or a permission that the policy must have.
 */
export function oslsUses(stack: string, place: Place): DeployerUse[] {
  const calls = oslsCalls();
  const gone = Object.keys(NEVER).filter((call) => !calls.has(call));
  if (gone.length > 0) throw new Error(`osls does not call ${gone} any more`);
  return [...calls]
    .filter((call) => !(call in NEVER))
    .map((call) => {
      const action = (ACTIONS[call] ?? call).replace('cloudwatch-logs:', 'logs:');
      return { action, resource: resourceOf(action, stack, place), why: `osls: ${call}` };
    });
}

/** `s3:GetObject`, ... */
function oslsCalls(): Set<string> {
  const root = new URL('../../node_modules/serverless/lib/plugins/aws/', import.meta.url);
  const files = PARTS.flatMap((part) =>
    part.endsWith('.js')
      ? [part]
      : readdirSync(new URL(part, root))
          .filter((name) => name.endsWith('.js'))
          .map((name) => `${part}/${name}`),
  );
  const calls = new Set<string>();
  for (const file of files) {
    const code = readFileSync(new URL(file, root), 'utf8');
    const imports = code.matchAll(/const \{([^}]*)\} = require\('@aws-sdk\/([\w-]+)'\)/g);
    for (const [, names = '', module = ''] of imports) {
      for (const name of names.split(',').map((text) => text.trim())) {
        const [, call = name === 'Upload' ? 'PutObject' : undefined] =
          /^(?:paginate)?([A-Z]\w+?)(?:Command)?$/.exec(
            /Command$|^paginate/.test(name) ? name : '',
          ) ?? [];
        if (call)
          calls.add(`${module.replace('client-', '').replace('lib-storage', 's3')}:${call}`);
      }
    }
  }
  return calls;
}

function resourceOf(action: string, stack: string, { partition, region, account }: Place): string {
  const arn = (rest: string) => `arn:${partition}:${action.split(':')[0]}:${rest}`;
  const bucket = `${stack}-serverlessdeploymentbucket-1a2b3c4d5e6f`;
  switch (action.split(':')[0]) {
    case 'cloudformation':
      if (action === 'cloudformation:ValidateTemplate') return '*';
      return arn(`${region}:${account}:stack/${stack}/0a1b2c3d`);
    case 'lambda':
      return arn(`${region}:${account}:function:${stack}-receiveSms`);
    case 'logs':
      return arn(`${region}:${account}:log-group:/aws/lambda/${stack}-receiveSms:log-stream:`);
    case 's3':
      return arn(`::${bucket}${action.endsWith('Bucket') ? '' : '/key'}`);
    case 'sts':
      return '*';
    default:
      throw new Error(`What is ${action} about?`);
  }
}

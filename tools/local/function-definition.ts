import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { CREDENTIALS, REGION } from './aws.ts';
import type { Resource, Template } from './template.ts';

/** A Lambda function of the template with its unpacked code. */
export interface FunctionDefinition {
  readonly logicalId: string;
  /** Its name in serverless.yml. */
  readonly key: string;
  readonly name: string;
  readonly arn: string;
  /** The folder of its code: `LAMBDA_TASK_ROOT`. */
  readonly taskRoot: string;
  /** As configured, such as `functions/receive-sms.handler`. */
  readonly handler: string;
  /** The module and the export that `handler` names. */
  readonly file: string;
  readonly exportName: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** The variables that the template configures. */
  readonly environment: Readonly<Record<string, string>>;
  /** Node's arguments for a debugger. With them, only one process runs, and it starts early. */
  readonly debugArgs?: readonly string[];
}

/** The template's functions. Each is unpacked from its zip file into its own folder. */
export function readFunctions(
  template: Template,
  packageDir: string,
  codeDir: string,
): Promise<FunctionDefinition[]> {
  const functions = template.resourcesOf('AWS::Lambda::Function');
  return Promise.all(functions.map((fn) => readFunction(fn, template, packageDir, codeDir)));
}

async function readFunction(
  resource: Resource,
  template: Template,
  packageDir: string,
  codeDir: string,
): Promise<FunctionDefinition> {
  const { logicalId } = resource;
  const { S3Key: zip = '' } = resource.get('Code') as { S3Key?: string };
  const key = basename(zip, '.zip');
  const taskRoot = join(codeDir, key);
  const files = await unzip(join(packageDir, basename(zip)), taskRoot);

  const handler = String(resource.get('Handler'));
  const exportName = extname(handler).slice(1);
  const module = handler.slice(0, -exportName.length - 1);
  const file = ['.mjs', '.js', '.cjs'].map((ext) => module + ext).find((f) => files.includes(f));
  if (!file) throw new Error(`The package of ${key} has no module for its handler ${handler}`);

  const { Variables = {} } = (resource.get('Environment') ?? {}) as {
    Variables?: Record<string, unknown>;
  };
  return {
    logicalId,
    key,
    name: template.ref(logicalId),
    arn: template.attribute(logicalId, 'Arn'),
    taskRoot,
    handler,
    file: join(taskRoot, file),
    exportName,
    // Lambda's defaults.
    timeoutMs: Number(resource.get('Timeout') ?? 3) * 1000,
    memoryMb: Number(resource.get('MemorySize') ?? 128),
    environment: Object.fromEntries(
      Object.entries(Variables).map(([name, value]) => [name, String(value)]),
    ),
  };
}

/** @returns The names of its files. */
async function unzip(zip: string, directory: string): Promise<string[]> {
  const files = Object.entries(unzipSync(await readFile(zip))).filter(
    ([name]) => !name.endsWith('/'),
  );
  for (const [name, content] of files) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), content);
  }
  return files.map(([name]) => name);
}

/** The endpoints of the AWS services for a function. */
export interface Endpoints {
  readonly dynamodb: string;
  readonly sns: string;
  /** For functions that use it. */
  readonly sqs?: string;
  readonly ssm?: string;
}

/**
 * All variables of a function's process: those of the template, and those that Lambda adds. It gets nothing
 * from the user's own environment, so that no function can reach a real account by mistake.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export function functionEnvironment(
  fn: FunctionDefinition,
  endpoints: Endpoints,
  overrides: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: fn.handler,
    LAMBDA_TASK_ROOT: fn.taskRoot,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.name}`,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: 'local',
    ...fn.environment,
    ...overrides,
    // Last, so that a function always talks to the emulators, even if the template sets something else.
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_SNS: endpoints.sns,
    ...(endpoints.sqs !== undefined && { AWS_ENDPOINT_URL_SQS: endpoints.sqs }),
    ...(endpoints.ssm !== undefined && { AWS_ENDPOINT_URL_SSM: endpoints.ssm }),
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

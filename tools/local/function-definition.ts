import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Resource, Template } from './template.ts';

/** A Lambda function of the template, its code unpacked. */
export interface FunctionDefinition {
  readonly logicalId: string;
  /** Its name in serverless.yml. */
  readonly key: string;
  readonly name: string;
  readonly arn: string;
  /** Where the code is: `LAMBDA_TASK_ROOT`. */
  readonly taskRoot: string;
  /** As configured: `functions/receive-sms.handler`. */
  readonly handler: string;
  /** The module that `handler` names, and the export. */
  readonly file: string;
  readonly exportName: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** What the template configures. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The template's functions, each unpacked from its zip file into a folder of its own. */
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
    // Lambda's own defaults.
    timeoutMs: Number(resource.get('Timeout') ?? 3) * 1000,
    memoryMb: Number(resource.get('MemorySize') ?? 128),
    environment: Object.fromEntries(
      Object.entries(Variables).map(([name, value]) => [name, String(value)]),
    ),
  };
}

/** @returns The names of the files in it. */
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

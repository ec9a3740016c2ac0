import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FunctionDefinition } from '../../../tools/local/function-definition.ts';
import { temporaryDir } from './temporary-dir.ts';

/** A function whose module is `source`. */
export async function fixtureFunction(
  source: string,
  { timeoutMs = 5_000 } = {},
): Promise<FunctionDefinition> {
  const taskRoot = await temporaryDir();
  const file = join(taskRoot, 'index.mjs');
  await writeFile(file, source);
  return {
    logicalId: 'FixtureLambdaFunction',
    key: 'fixture',
    name: 'service-fixture',
    arn: 'arn:aws:lambda:ap-southeast-2:000000000000:function:service-fixture',
    taskRoot,
    handler: 'index.handler',
    file,
    exportName: 'handler',
    timeoutMs,
    memoryMb: 512,
    environment: {},
  };
}

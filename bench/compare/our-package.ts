import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FunctionDefinition, readFunctions } from '../../local/function-definition.ts';
import { Template } from '../../local/template.ts';
import type { BundleSize, Contender } from './contender.ts';

/** Both functions of the service. */
export interface OurPackage {
  readonly webhook: Contender;
  readonly sweeper: Contender;
}

/**
 * The functions of a package that `packageService` made, as the compiled template configures them.
 *
 * @param codeDir Where they are unpacked.
 * @throws {Error} If there is no package, or one of the functions is not in it.
 */
export async function readOurPackage(packageDir: string, codeDir: string): Promise<OurPackage> {
  const file = join(packageDir, 'cloudformation-template-update-stack.json');
  const template = new Template(JSON.parse(await readFile(file, 'utf8')), 'inbound-sms-bench');
  const functions = await readFunctions(template, packageDir, codeDir);
  const contenderOf = async (name: string, key: string): Promise<Contender> => {
    const fn = functions.find((candidate) => candidate.key === key);
    if (!fn) throw new Error(`The package in ${packageDir} has no function ${key}`);
    const about = 'this service, the bundle that a deployment ships';
    return { name, about, fn, size: await sizeOf(fn, packageDir) };
  };
  return {
    webhook: await contenderOf('ours', 'receiveSms'),
    sweeper: await contenderOf('ours', 'publishPending'),
  };
}

/** The size of the module, and of the zip file with all that is in it. */
async function sizeOf({ file, key }: FunctionDefinition, packageDir: string): Promise<BundleSize> {
  const [bundle, zip] = await Promise.all([stat(file), stat(join(packageDir, `${key}.zip`))]);
  return { minifiedBytes: bundle.size, zippedBytes: zip.size };
}

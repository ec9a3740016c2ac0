import { readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { zipSync } from 'fflate';
import { type FunctionDefinition, readFunctions } from '../../local/function-definition.ts';
import { Template } from '../../local/template.ts';

/** A function that is measured. */
export interface Contender {
  readonly name: string;
  /** What it is, for whoever reads the table. */
  readonly about: string;
  readonly fn: FunctionDefinition;
  /** Of a bundle that is complete: not of one whose SDK comes from elsewhere. */
  readonly size?: BundleSize;
}

export interface BundleSize {
  readonly minifiedBytes: number;
  readonly zippedBytes: number;
}

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
    return { name, about, fn, size: await sizeOfOurs(fn, packageDir) };
  };
  return {
    webhook: await contenderOf('ours', 'receiveSms'),
    sweeper: await contenderOf('ours', 'publishPending'),
  };
}

/** The size of the module, and of the zip file with all that is in it. */
async function sizeOfOurs(
  { file, key }: FunctionDefinition,
  packageDir: string,
): Promise<BundleSize> {
  const [bundle, zip] = await Promise.all([stat(file), stat(join(packageDir, `${key}.zip`))]);
  return { minifiedBytes: bundle.size, zippedBytes: zip.size };
}

const ABOUT = {
  floor: 'the two SDK clients, the same three calls, nothing else',
  powertools: 'Middy with Powertools idempotency, logger and metrics',
  naive: 'Middy, form parser and document client; the SDK is not bundled',
} as const;

/** As esbuild is told to make a small ES module for Lambda, and no more than that. */
const PLAIN: BuildOptions = {
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  legalComments: 'none',
  // The SDK's CommonJS parts require Node's own modules, which an ES module has no `require` for.
  banner: {
    js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
  },
};

/**
 * Bundles the contenders of `contenders/`.
 *
 * @param directory Where the bundles go, and a link to the packages that one of them loads.
 * @param ours They get the same memory and time, table and topic.
 */
export async function buildContenders(directory: string, ours: Contender): Promise<Contender[]> {
  const { MESSAGES_TABLE_NAME = '', MESSAGES_TOPIC_ARN = '' } = ours.fn.environment;
  const environment = {
    ...{ MESSAGES_TABLE_NAME, MESSAGES_TOPIC_ARN },
    IDEMPOTENCY_TABLE_NAME: 'idempotency',
  };
  await symlink(benchFile('../../node_modules'), join(directory, 'node_modules'), 'junction');
  return Promise.all(
    Object.entries(ABOUT).map(async ([name, about]) => {
      const file = join(directory, `${name}.mjs`);
      const isComplete = name !== 'naive';
      await build({
        ...PLAIN,
        entryPoints: [benchFile(`contenders/${name}.ts`)],
        outfile: file,
        // Instead, as on Lambda, a copy of the SDK is loaded that is there already.
        ...(!isComplete && { external: ['@aws-sdk/*'] }),
      });
      const handler = { handler: `${name}.handler`, file, exportName: 'handler' };
      return {
        name,
        about,
        fn: { ...ours.fn, ...handler, taskRoot: directory, environment },
        ...(isComplete && { size: sizeOf(await readFile(file)) }),
      };
    }),
  );
}

function sizeOf(bundle: Buffer): BundleSize {
  const zip = zipSync({ 'index.mjs': bundle }, { level: 9 });
  return { minifiedBytes: bundle.length, zippedBytes: zip.length };
}

/** function-host.ts as plain JavaScript: loading TypeScript would show in every measurement. */
export async function buildHost(directory: string): Promise<string> {
  const outfile = join(directory, 'function-host.mjs');
  const entryPoints = [benchFile('compare/function-host.ts')];
  await build({ bundle: true, format: 'esm', platform: 'node', entryPoints, outfile });
  return outfile;
}

/** A file of `bench/`. */
export function benchFile(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

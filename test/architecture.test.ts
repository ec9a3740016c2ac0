import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { cyclesIn, reachableFrom } from './helpers/import-graph.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_LINES = 400;
const SOURCES = /\.(tsx?|js|mjs|css|yml)$/;

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** Every source file below a folder, such as `lib/config.ts`. @throws {Error} If the folder has no sources. */
function sourcesIn(folder: string): string[] {
  const sources = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => SOURCES.test(name))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
  if (sources.length === 0) throw new Error(`${folder} has no sources`);
  return sources;
}

/** A file's imports, types included, as they are spelled. */
function importsOf(file: string): string[] {
  const specifiers = /\b(?:from|import)\s*\(?\s*(['"])(.+?)\1/g;
  return [...read(file).matchAll(specifiers)].map((match) => match[2] ?? '');
}

/** The project's files that a file imports. */
function filesImportedBy(file: string): string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => join(dirname(file), specifier).replaceAll('\\', '/'));
}

const DEPLOYED = ['functions', 'lib'];
const FOLDERS = [...DEPLOYED, 'infra', 'tools', 'examples'];
const GRAPH = new Map(
  FOLDERS.flatMap(sourcesIn).map((file) => [file, filesImportedBy(file)] as const),
);

const isIn = (file: string, rooms: readonly string[]) =>
  rooms.some((room) => file === room || file.startsWith(`${room}/`));

/** Imports that lead out of a folder and its allowed neighbours, each with its path. */
function waysOut(room: string, allowed: readonly string[], graph = GRAPH): string[] {
  const files = [...graph.keys()].filter((file) => isIn(file, [room]));
  if (files.length === 0) throw new Error(`${room} has no sources`);
  return files.flatMap((file) =>
    [...reachableFrom(file, graph)]
      .filter(([reached]) => !isIn(reached, [room, ...allowed]))
      .map(([reached, way]) => `${way.join(' -> ')} -> ${reached}`),
  );
}

const COMMON = [
  'lib',
  'tools/archive',
  'tools/shared',
  'tools/pbx-simulator',
  'tools/console/search.ts',
];

const READS_NUMBERS = ['tools/shared/phone-number.ts', 'tools/shared/number-filter.ts'];

/** Each folder, and the folders that its files may lead to, directly or indirectly. */
const ROOMS: readonly (readonly [room: string, allowed: readonly string[]])[] = [
  ['lib/messages', []],
  ['lib/telemetry', []],
  ['lib/forwarding', ['lib/messages']],
  ['lib/aws', ['lib/messages', 'lib/forwarding']],
  ['lib/http', ['lib/messages', 'lib/telemetry']],
  ['lib', []],
  ['functions', ['lib']],
  // Packaging refuses what a function would refuse, by the same code. A filter means the same numbers as in
  // the command line and the console. They also read its outputs, by the same type.
  ['infra', ['lib', ...READS_NUMBERS, 'tools/shared/subscriber-outputs.ts']],
  ['examples', ['lib']],
  ['tools/shared', []],
  ['tools/pbx-simulator', []],
  ['tools/archive', ['lib', 'tools/shared']],
  // It runs in a browser, so it has the server's types but none of its code.
  [
    'tools/console/page',
    [
      'tools/shared',
      'tools/console/protocol.ts',
      'tools/console/lab-protocol.ts',
      'tools/console/stack-protocol.ts',
      'tools/console/request-protocol.ts',
      'tools/console/search.ts',
    ],
  ],
  [
    'tools/console/server',
    [
      'tools/archive',
      'tools/shared',
      'tools/console/protocol.ts',
      'tools/console/lab-protocol.ts',
      'tools/console/stack-protocol.ts',
      'tools/console/request-protocol.ts',
      'tools/console/search.ts',
      'lib',
    ],
  ],
  [
    'tools/cli',
    [
      ...COMMON,
      'infra',
      'tools/console/server',
      'tools/console/protocol.ts',
      'tools/console/lab-protocol.ts',
      'tools/console/stack-protocol.ts',
      'tools/console/request-protocol.ts',
    ],
  ],
  ['tools/local', [...COMMON, 'infra', 'tools/console']],
  ['tools', ['lib', 'infra']],
];

describe('imports', () => {
  it.each(ROOMS)('of %s lead only to %j', (room, allowed) => {
    expect(waysOut(room, allowed)).toEqual([]);
  });

  it('have no cycles', () => {
    expect(cyclesIn(GRAPH)).toEqual([]);
  });

  it('are found by this test if they are cyclic, indirect, or upwards', () => {
    const planted = new Map([
      ...GRAPH,
      ['lib/messages/planted.ts', ['lib/messages/sms-message.ts', 'lib/messages/step.ts']],
      ['lib/messages/step.ts', ['tools/shared/planted.ts', 'lib/messages/planted.ts']],
      ['tools/shared/planted.ts', []],
    ]);
    const step = 'lib/messages/step.ts';
    expect(waysOut('lib/messages', [], planted)).toContain(
      `lib/messages/planted.ts -> ${step} -> tools/shared/planted.ts`,
    );
    expect(cyclesIn(planted)).toContainEqual(['lib/messages/planted.ts', step]);
  });

  it('are read in every spelling', () => {
    expect(GRAPH.get('lib/webhook.ts')).toContain('lib/messages/delivery.ts');
    expect(GRAPH.get('lib/messages/delivery.ts')).toContain('lib/messages/message-record.ts');
    expect(GRAPH.get('tools/console/page/api.ts')).toContain('tools/console/protocol.ts');
    expect(GRAPH.get('tools/cli/stack.ts')).toContain('tools/archive/message-archive.ts');
  });
});

describe('the domain', () => {
  /** The packages that running a file loads, also through other files. */
  async function packagesOf(file: string): Promise<string[]> {
    const { metafile } = await build({
      entryPoints: [file],
      absWorkingDir: ROOT,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      metafile: true,
      write: false,
    });
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
    return imports.filter(({ external }) => external).map(({ path }) => path);
  }

  it.each(sourcesIn('lib/messages'))('%s loads nothing but Node itself', async (file) => {
    const packages = await packagesOf(file);
    expect(packages.filter((name) => !name.startsWith('node:'))).toEqual([]);
  });

  it('is found loading the SDK', async () => {
    expect(await packagesOf('lib/aws/aws-dependencies.ts')).toContain('@aws-sdk/client-dynamodb');
  });
});

it('leaves reading the environment to lib/config.ts', () => {
  const readsEnvironment = /process(\.env|\[)|node:process|\benv\b.*from 'process'/;
  const readers = sourcesIn('lib').filter((file) => readsEnvironment.test(read(file)));
  expect(readers).toEqual(['lib/config.ts']);
});

it('has no two deployed files with one name', () => {
  const names = DEPLOYED.flatMap(sourcesIn).map((file) => file.split('/').at(-1));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

it(`has no file over ${MAX_LINES} lines`, () => {
  const files = [...FOLDERS, 'test'].flatMap(sourcesIn);
  const long = files.filter((file) => read(file).trimEnd().split('\n').length > MAX_LINES);
  expect(long).toEqual([]);
});

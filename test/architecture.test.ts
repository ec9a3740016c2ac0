import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_LINES = 300;

/** Every source file of a folder, as `lib/config.ts`. @throws {Error} If there is none. */
function sourcesIn(folder: string): string[] {
  const sources = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(tsx?|js|mjs|css|yml)$/.test(name))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
  if (sources.length === 0) throw new Error(`${folder} has no sources`);
  return sources;
}
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** What a file imports, types included, as it spells it. */
function importsOf(file: string): string[] {
  const specifiers = /\b(?:from|import)\s*\(?\s*(['"])(.+?)\1/g;
  return [...read(file).matchAll(specifiers)].map((match) => match[2] ?? '');
}

/** The files of the project that a file imports. */
function pathsImported(file: string): string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => join(file, '..', specifier).replaceAll('\\', '/'));
}

/** The folder of the project that a relative import leads to; undefined for a package. */
function folderOf(file: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? join(file, '..', specifier).split(/[\\/]/)[0] : undefined;
}

/** The packages that running a file loads, be it through other files. */
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

describe('imports', () => {
  it.each([
    ['lib', ['lib']],
    ['functions', ['functions', 'lib']],
    // `url` shows what a deploy shows.
    ['cli', ['cli', 'console', 'infra', 'lib', 'pbx']],
    // It reads `settings.yml` as a deploy does.
    ['local', ['local', 'console', 'infra', 'lib', 'pbx']],
    ['console', ['console', 'lib']],
    ['pbx', ['pbx']],
    ['examples', ['examples', 'lib']],
    ['bench', ['bench', 'console', 'lib', 'local']],
    ['proof', ['proof', 'bench', 'lib', 'local', 'pbx']],
  ])('of %s lead to %j only', (folder, allowed) => {
    const wrong = sourcesIn(folder).flatMap((file) =>
      importsOf(file)
        .filter((specifier) => !allowed.includes(folderOf(file, specifier) ?? folder))
        .map((specifier) => `${file} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('of what is deployed do not lead to what only operators use', () => {
    const deployed = ['lib', 'functions']
      .flatMap(sourcesIn)
      .filter((file) => !file.startsWith('lib/operations/'));
    const wrong = deployed.filter((file) =>
      pathsImported(file).some((path) => path.startsWith('lib/operations/')),
    );
    expect(wrong).toEqual([]);
    expect(pathsImported('cli/stack.ts')).toContain('lib/operations/message-archive.ts');
  });

  /** The page runs in a browser: it has the server's words, and nothing of the server. */
  it("of the console's page lead to itself, the protocol, the search, and what makes texts visible", () => {
    const shared = ['console/protocol.ts', 'console/search.ts', 'lib/operations/visible-text.ts'];
    const wrong = sourcesIn('console/page').flatMap((file) =>
      pathsImported(file)
        .filter((path) => !path.startsWith('console/page/') && !shared.includes(path))
        .map((path) => `${file} imports ${path}`),
    );
    expect(wrong).toEqual([]);
    expect(pathsImported('console/page/api.ts')).toContain('console/protocol.ts');
  });

  it("of the console's server do not lead into the page, nor those of the protocol to either", () => {
    const imported = sourcesIn('console/server').flatMap(pathsImported);
    expect(imported).toContain('console/protocol.ts');
    expect(imported.filter((path) => path.startsWith('console/page/'))).toEqual([]);
    const files = ['console/protocol.ts', 'console/lab-protocol.ts'];
    expect(new Set(files.flatMap(importsOf))).toEqual(new Set(['./lab-protocol.ts']));
  });

  it('are seen by this test', () => {
    expect(importsOf('lib/webhook.ts')).toContain('./delivery.ts');
    expect(importsOf('lib/delivery.ts')).toContain('./message-record.ts');
    expect(folderOf('functions/receive-sms.ts', '../lib/config.ts')).toBe('lib');
  });
});

describe('the domain', () => {
  it.each([
    'lib/sms-message.ts',
    'lib/read-sms-message.ts',
    'lib/notification.ts',
    'lib/delivery.ts',
    'lib/sweep.ts',
    'lib/sweep-batch.ts',
  ])('%s loads nothing but Node itself', async (file) => {
    const packages = await packagesOf(file);
    expect(packages.filter((name) => !name.startsWith('node:'))).toEqual([]);
  });

  it('would be caught loading the SDK', async () => {
    expect(await packagesOf('lib/aws-dependencies.ts')).toContain('@aws-sdk/client-dynamodb');
  });
});

it('reads the environment in lib/config.ts only', () => {
  const readsEnvironment = /process(\.env|\[)|node:process|\benv\b.*from 'process'/;
  const readers = sourcesIn('lib').filter((file) => readsEnvironment.test(read(file)));
  expect(readers).toEqual(['lib/config.ts']);
});

it(`has no file over ${MAX_LINES} lines`, () => {
  const folders = [
    'functions',
    'lib',
    'cli',
    'console',
    'local',
    'pbx',
    'infra',
    'bench',
    'proof',
    'examples',
    'test',
  ];
  const files = folders.flatMap(sourcesIn);
  const long = files.filter((file) => read(file).trimEnd().split('\n').length > MAX_LINES);
  expect(long).toEqual([]);
});

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { inServiceCopy, serverless } from '../../tools/local/package-service.ts';
import { packageDir } from '../helpers/local-stack.ts';

const ROOT = new URL('../../', import.meta.url);
const FUNCTIONS = [
  ['receiveSms', 'receive-sms'],
  ['publishPending', 'publish-pending'],
] as const;

describe.each(FUNCTIONS)('the source map of %s', (zip, module) => {
  it('lies beside the zip file, and nothing of it is inside', async () => {
    const files = unzipSync(await readFile(join(packageDir(), `${zip}.zip`)));
    expect(Object.keys(files)).toEqual([`functions/${module}.mjs`]);
    const code = Buffer.from(files[`functions/${module}.mjs`] ?? []);
    expect(code.includes('sourceMappingURL')).toBe(false);
    expect(existsSync(join(packageDir(), `${module}.mjs.map`))).toBe(true);
  });

  it('names only sources of this project and of its packages', async () => {
    const text = await readFile(join(packageDir(), `${module}.mjs.map`), 'utf8');
    const { sources } = JSON.parse(text) as { sources: string[] };
    const files = sources.filter((source) => !/^node-(import|require):/.test(source));
    expect(files.filter((file) => !existsSync(new URL(file, ROOT)))).toEqual([]);
    expect(files.filter((file) => file.startsWith('.'))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining([`functions/${module}.ts`, 'lib/messages/message-record.ts']),
    );
  });
});

it('a package without source maps is the same to the byte', async () => {
  const without = await inServiceCopy(async (folder) => {
    const plugins = join(folder, 'infra', 'bundle', 'index.js');
    const code = await readFile(plugins, 'utf8');
    expect(code).toContain('\n  sourceMaps(),');
    await writeFile(plugins, code.replace('\n  sourceMaps(),', ''));
    const secrets = { WEBHOOK_TOKENS: 'test', EDGE_SECRETS: '' };
    await serverless(['package', '--package', 'out', '--stage', 'local'], folder, secrets);
    expect(existsSync(join(folder, 'out', 'receive-sms.mjs.map'))).toBe(false);
    return Promise.all(FUNCTIONS.map(([zip]) => readFile(join(folder, 'out', `${zip}.zip`))));
  });
  for (const [index, [zip]] of FUNCTIONS.entries()) {
    expect(without[index]?.equals(await readFile(join(packageDir(), `${zip}.zip`)))).toBe(true);
  }
}, 120_000);

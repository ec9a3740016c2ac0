import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DELIVERY_MUTATIONS, type Mutation, STORE_MUTATIONS } from './mutations.ts';
import { SWEEP_MUTATIONS, TIME_MUTATIONS } from './sweep-mutations.ts';

const run = promisify(execFile);
const MUTATIONS = [
  ...DELIVERY_MUTATIONS,
  ...STORE_MUTATIONS,
  ...SWEEP_MUTATIONS,
  ...TIME_MUTATIONS,
];
const SEED = '20260101';
/** By so many schedules each defect is found; most by far fewer. */
const RUNS = '6000';
/** On a machine that does other things as well. */
const TIMEOUT_MS = 400_000;
/** What the model is made of. */
const COPIED = [
  'docs/message.schema.json',
  'lib',
  'test/fakes',
  'test/fixtures',
  'test/helpers/message-schema.ts',
  'test/helpers/notification-contract.ts',
  'test/model',
  'package.json',
];
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'inbound-sms-mutations-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The model on a copy of the code, with a mutation. Resolves with how it went and what it said. */
async function checkCopy(name: string, mutation?: Mutation) {
  const copy = join(root, name);
  for (const path of COPIED) {
    await cp(path, join(copy, path), { recursive: true });
  }
  await symlink(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
  if (mutation) {
    const path = join(copy, mutation.file);
    const parts = (await readFile(path, 'utf8')).split(mutation.find);
    if (parts.length !== 2) throw new Error(`${mutation.file} has no one ${mutation.find}`);
    await writeFile(path, parts.join(mutation.replace));
  }
  const script = join(copy, 'test/model/run.ts');
  const options = { cwd: copy, timeout: TIMEOUT_MS };
  return run(process.execPath, [script, RUNS, SEED, 'first'], options).then(
    ({ stdout }) => ({ kept: true, said: stdout }),
    ({ stderr }) => ({ kept: false, said: String(stderr) }),
  );
}

describe('the model', () => {
  it(
    'passes on a copy of the code as it is',
    async () => {
      expect(await checkCopy('as-it-is')).toMatchObject({ kept: true });
    },
    TIMEOUT_MS,
  );

  it.concurrent.each(MUTATIONS.map((mutation, index) => ({ ...mutation, index })))(
    'catches code that $name',
    async ({ index, ...mutation }) => {
      const { kept, said } = await checkCopy(String(index), mutation);
      expect(kept).toBe(false);
      // Found by an invariant, not by code that no longer runs.
      expect(said).toMatch(/Violation/);
      expect(said).toMatch(/Counterexample: /);
    },
    TIMEOUT_MS,
  );
});

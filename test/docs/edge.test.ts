import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { EDGE_SECRET_HEADER, VIEWER_ADDRESS_HEADER } from '../../lib/http/edge.ts';
import { hasCfnLint } from '../helpers/compiled-template.ts';

const FILE = fileURLToPath(new URL('../../examples/edge.yml', import.meta.url));
const template = await readFile(FILE, 'utf8');

it('the edge adds the header that the webhook needs, and passes on the one that it uses', () => {
  expect(template).toContain(`HeaderName: ${EDGE_SECRET_HEADER}\n`);
  const [, passedOn = ''] = /^ +Headers: \[(.+)\]$/m.exec(template) ?? [];
  expect(passedOn.toLowerCase().split(', ')).toEqual([VIEWER_ADDRESS_HEADER, 'content-type']);
});

it('the edge accepts no secret that packaging would refuse as too short, and shows none', () => {
  expect(template).toMatch(/EdgeSecret:\n +Type: String\n +NoEcho: true\n +MinLength: 22\n/);
});

it('the deploy command has every parameter of the edge without a default', async () => {
  const guide = await readFile(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const [, given = ''] = /--parameter-overrides (.+)$/m.exec(guide) ?? [];
  const [parameters = ''] = template.split('\nResources:')[0]?.match(/Parameters:.+/s) ?? [];
  const needed = parameters
    .split(/^ {2}(?=\w)/m)
    .slice(1)
    .filter((parameter) => !parameter.includes('Default:'))
    .map((parameter) => parameter.split(':')[0]);
  expect(given.split(' ').map((pair) => pair.split('=')[0])).toEqual(needed);
});

it.skipIf(!hasCfnLint)(
  'cfn-lint reports nothing about the edge',
  async () => {
    const args = ['--regions', 'us-east-1', '--', FILE];
    const { stdout } = await promisify(execFile)('cfn-lint', args).catch((error) => error);
    expect(stdout).toBe('');
  },
  120_000,
);

/**
 * Runs at the end of `npm ci`. Packages the service, so that the first `npm start` need not. It only saves
 * time, so it never fails an install. Pipelines do not start the stack, so it does nothing there.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const isNewEnough = Number.parseInt(process.versions.node, 10) >= 24 && process.features.typescript;
if (isNewEnough && !process.env.CI) await prepare().catch(() => {});

async function prepare() {
  const { CACHE_FOLDER } = await import('./package-inputs.ts');
  const { KeptPackages } = await import('./kept-packages.ts');
  const { packageService } = await import('./package-service.ts');
  const { leaveUsersSettings, readSettings } = await import('./settings.ts');
  const { tokens } = readSettings([], {});
  leaveUsersSettings(process.env);
  const folder = await mkdtemp(join(tmpdir(), 'inbound-sms-package-'));
  try {
    const kept = new KeptPackages(join(CACHE_FOLDER, 'packages'));
    await packageService({ directory: join(folder, 'package'), tokens, kept });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

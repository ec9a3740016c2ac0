import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvidedContext } from 'vitest';
import type { TestProject } from 'vitest/node';
import { packageService } from '../../tools/local/package-service.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly servicePackage: { readonly directory: string; readonly error?: string };
  }
}

/** This run's package, shared by all of vitest's projects. */
const shared = globalThis as { servicePackage?: Promise<ProvidedContext['servicePackage']> };

/** Packages the service once for all test files. If that fails, only the tests that need the package fail. */
export default async function packageOnce(project: TestProject): Promise<() => Promise<void>> {
  shared.servicePackage ??= packageNow();
  const made = await shared.servicePackage;
  project.provide('servicePackage', made);
  project.onTestsRerun(async () => {
    project.provide('servicePackage', await packageNow(made.directory));
  });
  return () => rm(made.directory, { recursive: true, force: true });
}

async function packageNow(into?: string): Promise<ProvidedContext['servicePackage']> {
  const directory = into ?? (await mkdtemp(join(tmpdir(), 'inbound-sms-package-')));
  try {
    await packageService({ directory, tokens: 'test' });
    return { directory };
  } catch (error) {
    return { directory, error: String(error) };
  }
}

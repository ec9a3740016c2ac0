import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { packageService } from '../../tools/local/package-service.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly servicePackage: { readonly directory: string; readonly error?: string };
  }
}

/**
 * Packages the service once for all test files. Not to have succeeded is for the tests that need the
 * package to say: the others run all the same.
 */
export default async function packageOnce(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-package-'));

  async function provide(): Promise<void> {
    try {
      await packageService({ directory, tokens: 'test' });
      project.provide('servicePackage', { directory });
    } catch (error) {
      project.provide('servicePackage', { directory, error: String(error) });
    }
  }

  await provide();
  project.onTestsRerun(provide);
  return () => rm(directory, { recursive: true, force: true });
}

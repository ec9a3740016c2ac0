import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageService } from '../local/package-service.ts';

export interface PackageDirectory extends AsyncDisposable {
  readonly directory: string;
}

/**
 * A package for the local stack: one that exists already, or a new one that is deleted in the end.
 *
 * @param existing Its directory; empty for a new one.
 */
export async function packageDirectory(existing: string): Promise<PackageDirectory> {
  if (existing) return { directory: existing, async [Symbol.asyncDispose]() {} };
  await using made = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-bench-'));
  made.defer(() => rm(directory, { recursive: true, force: true }));
  await packageService({ directory, tokens: 'test' });
  const kept = made.move();
  return { directory, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

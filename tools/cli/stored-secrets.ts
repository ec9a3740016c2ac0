import { abortable } from '../archive/abortable.ts';
import type { Stack } from './stack.ts';

/** The facts of a subscriber's secret, without its value. */
export interface StoredSecret {
  /** Epoch ms. */
  readonly changed_at: number;
  readonly version: number | undefined;
}

/** The stored secrets of a stage, by name. It reads no values, and needs no permission to read them. */
export async function storedSecrets(
  stack: Pick<Stack, 'clients' | 'secretParameter'>,
  signal: AbortSignal,
): Promise<Map<string, StoredSecret>> {
  const ssm = await stack.clients.ssm();
  const folder = stack.secretParameter('');
  const filter = { Key: 'Path', Option: 'OneLevel', Values: [folder.replace(/\/$/, '')] };
  const found = new Map<string, StoredSecret>();
  let NextToken: string | undefined;
  do {
    const page = await abortable(signal, (abort) =>
      ssm.describeParameters({ ParameterFilters: [filter], MaxResults: 50, NextToken }, abort),
    );
    for (const { Name = '', LastModifiedDate, Version: version } of page.Parameters ?? []) {
      const name = Name.slice(folder.length);
      if (!Name.startsWith(folder) || name.includes('/')) continue;
      found.set(name, { changed_at: LastModifiedDate?.getTime() ?? 0, version });
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}

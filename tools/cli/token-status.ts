import { fingerprintOf, hashOf, readWithAllChanges } from '../../infra/plugin/stored-tokens.js';
import { tokensIn } from '../../infra/plugin/webhook-tokens.js';
import { abortable } from '../archive/abortable.ts';
import type { Stack } from './stack.ts';
import { checkStored, type StoredToken, type TokenStore, tokenStore } from './token-parameter.ts';

/** A token of a stage: stored in the parameter, deployed, or both. */
export interface TokenStatus {
  readonly fingerprint: string;
  /** Its place in the parameter, from 1. Nothing if it is not stored. */
  readonly number: number | undefined;
  /** Epoch ms, if it is known. */
  readonly made_at: number | undefined;
  readonly is_deployed: boolean;
  /** The last stored token or, if none is stored, the last deployed one. */
  readonly is_current: boolean;
}

/** The stored tokens in their order, then the tokens that are only deployed. */
export function tokenStatuses(
  stored: readonly StoredToken[],
  deployed: readonly string[],
): readonly TokenStatus[] {
  const hashes = stored.map(({ token }) => hashOf(token));
  const only = deployed.filter((hash) => !hashes.includes(hash));
  return [
    ...stored.map(({ madeAt }, index) => ({
      fingerprint: fingerprintOf(hashes[index] ?? ''),
      number: index + 1,
      made_at: madeAt,
      is_deployed: deployed.includes(hashes[index] ?? ''),
      is_current: index === stored.length - 1,
    })),
    ...only.map((hash, index) => ({
      fingerprint: fingerprintOf(hash),
      number: undefined,
      made_at: undefined,
      is_deployed: true,
      is_current: stored.length === 0 && index === only.length - 1,
    })),
  ];
}

/** The parameter of a stack. @throws {CliError} If the stack's name does not tell its place. */
export async function storeOf(stack: Stack, signal: AbortSignal): Promise<TokenStore> {
  return tokenStore(await stack.clients.ssm(), stack.tokensParameter(), stack.name, signal);
}

/** The stored tokens, with all changes. Empty if there is no parameter. */
export async function storedTokens(
  stack: Stack,
  signal: AbortSignal,
): Promise<readonly StoredToken[]> {
  const found = await readWithAllChanges((await storeOf(stack, signal)).read);
  return checkStored(found?.tokens ?? [], stack.tokensParameter());
}

/** SHA-256 (hex) of each deployed token. Empty if nothing is deployed yet. */
export async function deployedHashes(stack: Stack, signal: AbortSignal): Promise<string[]> {
  if (stack.isMissing) return [];
  const lambda = await stack.clients.lambda();
  // The name that serverless makes.
  const FunctionName = `${stack.name}-receiveSms`;
  try {
    const { Environment } = await abortable(signal, (abort) =>
      lambda.getFunctionConfiguration({ FunctionName }, abort),
    );
    return tokensIn(Environment?.Variables?.WEBHOOK_TOKEN_HASHES);
  } catch (error) {
    // A failed first deploy may leave a stack without the function.
    if ((error as Error).name === 'ResourceNotFoundException') return [];
    throw error;
  }
}

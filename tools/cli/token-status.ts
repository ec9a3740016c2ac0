import { fingerprintOf, hashOf, readWithAllChanges } from '../../infra/plugin/stored-tokens.js';
import { tokensIn } from '../../infra/plugin/webhook-tokens.js';
import { abortable } from '../archive/abortable.ts';
import type { Stack } from './stack.ts';
import { checkStored, type StoredToken, type TokenStore, tokenStore } from './token-parameter.ts';

/** A token of a stage: of the parameter, of the deployed webhook, or of both. */
export interface TokenStatus {
  readonly fingerprint: string;
  /** Its place in the parameter, from 1. Nothing if it is not there. */
  readonly number: number | undefined;
  /** Epoch ms, if it is known. */
  readonly made_at: number | undefined;
  readonly is_deployed: boolean;
  /** The last one of the parameter; if there is none, the last one that is deployed. */
  readonly is_current: boolean;
}

/** The tokens of the parameter in their order, then those that are deployed only. */
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

/** The parameter of a stack. @throws {CliError} If the stack's name does not tell where it is. */
export async function storeOf(stack: Stack, signal: AbortSignal): Promise<TokenStore> {
  return tokenStore(await stack.clients.ssm(), stack.tokensParameter(), stack.name, signal);
}

/** What is stored, with every change in it. Empty if there is no parameter. */
export async function storedTokens(
  stack: Stack,
  signal: AbortSignal,
): Promise<readonly StoredToken[]> {
  const found = await readWithAllChanges((await storeOf(stack, signal)).read);
  return checkStored(found?.tokens ?? [], stack.tokensParameter());
}

/** SHA-256 (hex) of each token that the deployed webhook takes. Empty if it is not deployed yet. */
export async function deployedHashes(stack: Stack, signal: AbortSignal): Promise<string[]> {
  if (stack.isMissing) return [];
  const lambda = await stack.clients.lambda();
  // As serverless names it.
  const FunctionName = `${stack.name}-receiveSms`;
  try {
    const { Environment } = await abortable(signal, (abort) =>
      lambda.getFunctionConfiguration({ FunctionName }, abort),
    );
    return tokensIn(Environment?.Variables?.WEBHOOK_TOKEN_HASHES);
  } catch (error) {
    // Of a first deploy that failed, the stack may be left without it.
    if ((error as Error).name === 'ResourceNotFoundException') return [];
    throw error;
  }
}

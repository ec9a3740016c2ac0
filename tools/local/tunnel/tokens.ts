import { randomBytes } from 'node:crypto';
import { secretLengths, tokenHashes } from '../../../infra/plugin/webhook-tokens.js';
import type { FunctionDefinition } from '../function-definition.ts';
import { StartError } from '../settings.ts';

/**
 * The tokens of a webhook that the internet can reach: the user's own, if they are as long as a deployed
 * webhook's must be, or a new one.
 *
 * @param given WEBHOOK_TOKENS.
 * @throws {StartError} If one of them could be guessed.
 */
export function tunnelTokens(given: string | undefined): string {
  if (!given) return randomBytes(32).toString('base64url');
  try {
    tokenHashes(given);
    return given;
  } catch (error) {
    throw new StartError(
      `${(error as Error).message}\nOr unset WEBHOOK_TOKENS: --tunnel makes a token at each start.`,
    );
  }
}

/** The function with these tokens in place of those that the package was made with, if it has any. */
export function withTokens(definition: FunctionDefinition, tokens: string): FunctionDefinition {
  const { environment } = definition;
  if (environment.WEBHOOK_TOKEN_HASHES === undefined) return definition;
  return {
    ...definition,
    environment: {
      ...environment,
      WEBHOOK_TOKEN_HASHES: tokenHashes(tokens),
      WEBHOOK_TOKEN_LENGTHS: secretLengths(tokens),
    },
  };
}

import { readWithAllChanges, tokensParameter } from '../../infra/plugin/stored-tokens.js';
import { currentToken } from '../../infra/plugin/webhook-tokens.js';
import { CliError } from './cli-error.ts';
import { explainError } from './explain-error.ts';
import { type KnownToken, type StackFacts, stageOf } from './stack.ts';
import { checkStored, tokenStore } from './token-parameter.ts';

/**
 * The current token of the webhook's URL, from WEBHOOK_TOKENS or from the parameter that a team shares. Most people may
 * not read the parameter, so a refusal is not an error.
 */
export async function findToken(
  stack: Pick<StackFacts, 'name' | 'service' | 'stage' | 'clients'>,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<KnownToken> {
  const own = currentToken(environment.WEBHOOK_TOKENS);
  if (own !== undefined) return { token: own, source: 'WEBHOOK_TOKENS' };
  try {
    const source = tokensParameter(stack.service, stageOf(stack));
    const store = tokenStore(await stack.clients.ssm(), source, stack.name, signal);
    const tokens = (await readWithAllChanges(store.read))?.tokens ?? [];
    const token = checkStored(tokens, source).at(-1)?.token;
    if (token !== undefined) return { token, source };
    return { token, why: `WEBHOOK_TOKENS is not set, and there is no parameter ${source}.` };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CliError) throw error;
    const explained = explainError(error);
    if (!explained) throw error;
    const why = `WEBHOOK_TOKENS is not set, and the tokens in AWS cannot be read. ${explained.message}`;
    return { token: undefined, why, isRefused: true };
  }
}

import { connectionProblem } from '../../pbx-simulator/connection-problem.ts';
import { connectionHint } from '../explain-error.ts';
import type { Stack } from '../stack.ts';
import { type Check, type Finding, finding } from './finding.ts';

const LIMIT_MS = 15_000;

/** Whether the public URL is the webhook's, and the token the one that was deployed. It posts nothing. */
export function tokenCheck(stack: Stack, signal: AbortSignal): Check {
  return {
    name: 'token',
    run: async () => {
      const { token } = stack;
      if (token === undefined) {
        return [
          finding('token', 'skipped', 'the token of the webhook URL is not known here', {
            hint: 'Set WEBHOOK_TOKENS, in the environment or in .env, as it was when it was deployed.',
          }),
        ];
      }
      const begin = performance.now();
      const ms = () => Math.round(performance.now() - begin);
      try {
        return [tokenFinding(await statusOfUrl(stack, token, signal, LIMIT_MS), ms())];
      } catch (error) {
        signal.throwIfAborted();
        const reason = connectionProblem(error) ?? String(error);
        const hint =
          connectionHint(error) ??
          'Check the network and, for a domain of your own, its DNS record and certificate.';
        return [finding('token', 'failed', `no answer from the webhook URL: ${reason}`, { hint })];
      }
    },
  };
}

/** What the webhook answers to its URL opened in a browser. */
export async function statusOfUrl(
  { webhookBaseUrl, edgeHeaders = {} }: Stack,
  token: string,
  signal: AbortSignal,
  limitMs: number,
): Promise<number> {
  const answer = await fetch(`${webhookBaseUrl}/${encodeURIComponent(token)}`, {
    redirect: 'manual',
    headers: edgeHeaders,
    signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
  });
  await answer.body?.cancel();
  return answer.status;
}

/** To a GET with the right token, the webhook answers 405: see docs/errors.md. */
export function tokenFinding(status: number, ms: number): Finding {
  if (status === 405) return finding('token', 'ok', 'the webhook URL takes the token', { ms });
  if (status === 404) {
    return finding('token', 'failed', 'the webhook URL does not take this token', {
      ms,
      hint: 'WEBHOOK_TOKENS is not what was deployed: set the right one, or deploy. docs/operations.md#change-the-url. Behind an edge, it may not send one of EDGE_SECRETS: docs/operations.md#an-edge',
    });
  }
  if (status === 403) {
    return finding('token', 'skipped', 'this address is not in allowedSourceCidrs', {
      ms,
      hint: 'That is right, unless the PBX has this address. Run it from an address that is allowed to test the rest.',
    });
  }
  const hint = 'Look at the logs of the webhook, and at docs/errors.md.';
  return finding('token', 'failed', `the webhook URL answers ${status}`, { ms, hint });
}

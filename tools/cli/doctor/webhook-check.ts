import { connectionProblem } from '../../pbx-simulator/connection-problem.ts';
import { connectionHint } from '../explain-error.ts';
import type { Stack } from '../stack.ts';
import { check, type Finding, findingsOf } from './check.ts';

const LIMIT_MS = 15_000;

/** Checks that the webhook answers at its public URL and accepts the token. It posts nothing. */
export const tokenCheck = check('token', async ({ stack, signal, failed, skipped }) => {
  const known = await stack.webhookToken();
  const { token } = known;
  if (token === undefined) {
    return skipped(
      'the token of the webhook URL is not known here',
      `${known.why} Set WEBHOOK_TOKENS to the deployed tokens, in the environment or in .env.`,
    );
  }
  const begin = performance.now();
  try {
    const status = await statusOfUrl(stack, token, signal, LIMIT_MS);
    return tokenFinding(status, Math.round(performance.now() - begin));
  } catch (error) {
    signal.throwIfAborted();
    return failed(
      `no answer from the webhook URL: ${connectionProblem(error) ?? error}`,
      connectionHint(error) ??
        'Check the network and, for a domain of your own, its DNS record and certificate.',
    );
  }
});

/** The status of a GET to the webhook URL. */
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

/** The webhook answers 405 to a GET with the right token: see docs/errors.md. */
export function tokenFinding(status: number, ms: number): Finding {
  const { ok, failed, skipped } = findingsOf('token');
  switch (status) {
    case 405:
      return ok('the webhook URL takes the token', ms);
    case 404:
      return failed(
        'the webhook URL does not take this token',
        'Another token is deployed. Deploy this one, or set WEBHOOK_TOKENS to the deployed one: docs/operations.md#change-the-url. Behind an edge, the edge may not send one of EDGE_SECRETS: docs/operations.md#an-edge',
        ms,
      );
    case 403:
      return skipped(
        'this address is not in allowedSourceCidrs',
        'This is right, unless the PBX has this address. To test the rest, run doctor from an allowed address.',
        ms,
      );
    default: {
      const hint = 'Look at the logs of the webhook, and at docs/errors.md.';
      return failed(`the webhook URL answers ${status}`, hint, ms);
    }
  }
}

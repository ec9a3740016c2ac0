import { EDGE_SECRET_HEADER, VIEWER_ADDRESS_HEADER } from '../../lib/http/edge.ts';

/**
 * What an edge adds to the requests that it passes on, for the local stack's own senders: whoever posts
 * by other means adds them, or is refused.
 *
 * @param secrets Comma separated, the current one last. Without any there is no edge.
 */
export function edgeHeaders(secrets: string | undefined): Readonly<Record<string, string>> {
  const current = secrets?.split(',').at(-1)?.trim();
  if (!current) return {};
  return { [EDGE_SECRET_HEADER]: current, [VIEWER_ADDRESS_HEADER]: '127.0.0.1:443' };
}

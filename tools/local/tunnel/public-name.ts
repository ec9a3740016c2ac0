import { Resolver, resolveNs } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait for the name of a new tunnel, and how long between two questions. */
const PATIENCE = { limitMs: 20_000, retryMs: 1_000 };
const DNS = { timeout: 2_000, tries: 1 };

/**
 * Waits until the name servers of a new tunnel's zone know its name, 20 s at most.
 *
 * The usual resolver must not be asked before that: it would remember for half an hour that there is no such
 * name (RFC 2308), which is how long the zone of cloudflared's quick tunnels tells it to. If the name servers
 * cannot be asked, it waits for the whole time.
 */
export async function untilNamed(
  host: string,
  signal: AbortSignal,
  { limitMs, retryMs } = PATIENCE,
): Promise<void> {
  const end = Date.now() + limitMs;
  const servers = await nameServersOf(host);
  while (!signal.aborted && Date.now() < end) {
    if (await knows(servers, host)) return;
    await delay(retryMs, undefined, { signal }).catch(() => {});
  }
}

/** Addresses of the name servers of the zone that the host is in. */
async function nameServersOf(host: string): Promise<string[]> {
  const labels = host.split('.');
  for (let first = 1; first < labels.length - 1; first++) {
    const names = await resolveNs(labels.slice(first).join('.')).catch(() => []);
    if (names.length === 0) continue;
    const resolver = new Resolver(DNS);
    const found = names.map((name) => resolver.resolve4(name).catch(() => []));
    return (await Promise.all(found)).flat();
  }
  return [];
}

async function knows(servers: readonly string[], host: string): Promise<boolean> {
  if (servers.length === 0) return false;
  const resolver = new Resolver(DNS);
  resolver.setServers(servers);
  const found = [resolver.resolve4(host), resolver.resolve6(host)];
  return (await Promise.allSettled(found)).some(({ status }) => status === 'fulfilled');
}

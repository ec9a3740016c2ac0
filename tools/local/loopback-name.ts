import { lookup } from 'node:dns/promises';
import { LOOPBACK } from '../console/server/access.ts';

/**
 * What URLs of the local stack call this machine: `localhost`, or the address where that name leads to
 * another one, such as `::1` only.
 */
export const LOOPBACK_NAME = await nameOfLoopback();

async function nameOfLoopback(): Promise<string> {
  const addresses = await lookup('localhost', { all: true }).catch(() => []);
  return addresses.some(({ address }) => address === LOOPBACK) ? 'localhost' : LOOPBACK;
}

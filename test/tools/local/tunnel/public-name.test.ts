import { beforeEach, expect, test, vi } from 'vitest';
import { untilNamed } from '../../../../tools/local/tunnel/public-name.ts';

const HOST = 'fox.trycloudflare.com';

/** Stands in for the DNS: who was asked for what, and what it knows. */
const dns = vi.hoisted(() => ({
  asked: [] as string[],
  zones: {} as Record<string, string[]>,
  addresses: {} as Record<string, string>,
}));

vi.mock('node:dns/promises', () => ({
  async resolveNs(zone: string) {
    dns.asked.push(`usual NS ${zone}`);
    if (!dns.zones[zone]) throw new Error('ENODATA');
    return dns.zones[zone];
  },
  Resolver: class {
    #server = 'usual';
    setServers([server]: string[]) {
      this.#server = server ?? '';
    }
    async resolve4(host: string) {
      dns.asked.push(`${this.#server} A ${host}`);
      if (!dns.addresses[host]) throw new Error('ENOTFOUND');
      return [dns.addresses[host]];
    }
    async resolve6() {
      throw new Error('ENODATA');
    }
  },
}));

beforeEach(() => {
  dns.asked.length = 0;
  dns.zones = { 'trycloudflare.com': ['ns.example'] };
  dns.addresses = { 'ns.example': '192.0.2.53' };
});

const always = () => new AbortController().signal;
/** Only what the test expects ends the wait. */
const PATIENT = { limitMs: 20_000, retryMs: 1 };

test('the name servers of the zone are asked until they know the name, and nobody else is', async () => {
  const waiting = untilNamed(HOST, always(), PATIENT);
  const ofHost = () => dns.asked.filter((question) => question.endsWith(HOST));
  await vi.waitFor(() => expect(ofHost().length).toBeGreaterThan(2));
  dns.addresses[HOST] = '192.0.2.1';
  await waiting;
  expect(new Set(ofHost())).toEqual(new Set([`192.0.2.53 A ${HOST}`]));
});

test('the zone may be further up', async () => {
  const host = 'a.b.trycloudflare.com';
  dns.addresses[host] = '192.0.2.1';
  await untilNamed(host, always(), PATIENT);
  expect(dns.asked.slice(0, 2)).toEqual([
    'usual NS b.trycloudflare.com',
    'usual NS trycloudflare.com',
  ]);
});

test('if the name servers cannot be asked, it waits for the whole time and looks up nothing', async () => {
  dns.zones = {};
  const begin = performance.now();
  await untilNamed(HOST, always(), { limitMs: 100, retryMs: 1 });
  expect(performance.now() - begin).toBeGreaterThan(90);
  expect(dns.asked).toEqual(['usual NS trycloudflare.com']);
});

test('it ends when it is not needed any more', async () => {
  const ending = new AbortController();
  const waiting = untilNamed(HOST, ending.signal, { limitMs: 60_000, retryMs: 60_000 });
  await vi.waitFor(() => expect(dns.asked).toContain(`192.0.2.53 A ${HOST}`));
  ending.abort();
  await waiting;
});

import { setGlobalProxyFromEnv } from 'node:http';
import { usageError } from './cli-error.ts';

/** Never through a proxy: the proxy's own loopback is another machine's. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]', '::1'];

/** The variables that Node's agents read. */
export type Proxies = {
  readonly HTTP_PROXY?: string;
  readonly HTTPS_PROXY?: string;
  readonly NO_PROXY: string;
};

/**
 * Makes `fetch` use the proxies of HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
 *
 * @returns The same for the agents of the SDK.
 * @throws {CliError} If one is no URL.
 */
export function useProxies(environment: Readonly<Record<string, string | undefined>>): Proxies {
  const of = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const HTTP_PROXY = proxyUrl('HTTP_PROXY', of('HTTP_PROXY'));
  const HTTPS_PROXY = proxyUrl('HTTPS_PROXY', of('HTTPS_PROXY'));
  const NO_PROXY = [of('NO_PROXY'), ...LOOPBACK].filter(Boolean).join(',');
  const proxies = {
    ...(HTTP_PROXY && { HTTP_PROXY }),
    ...(HTTPS_PROXY && { HTTPS_PROXY }),
    NO_PROXY,
  };
  setGlobalProxyFromEnv(proxies);
  return proxies;
}

/** As curl does, it takes an address without a scheme. */
function proxyUrl(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = value.includes('://') ? value : `http://${value}`;
  if (/^https?:/i.test(url) && URL.canParse(url)) return url;
  throw usageError(
    `${name} is not the URL of an HTTP proxy.`,
    'Set it to a URL such as http://proxy.example.com:3128.',
  );
}

import http from 'node:http';
import { devNull } from 'node:os';

/**
 * Takes out of the environment what would lead the local stack somewhere else: accounts, profiles,
 * regions and endpoints of AWS, and proxies. Call it before any client is made.
 */
export function leaveUsersSettings(environment: NodeJS.ProcessEnv): void {
  const usesProxies = /use-env-proxy/.test(`${environment.NODE_OPTIONS} ${process.execArgv}`);
  const isTold = environment.NODE_USE_ENV_PROXY !== undefined || usesProxies;
  for (const name of Object.keys(environment)) {
    if (/^(AWS_.*|(HTTPS?|ALL|NO)_PROXY|NODE_USE_ENV_PROXY)$/i.test(name)) delete environment[name];
  }
  environment.AWS_CONFIG_FILE = devNull;
  environment.AWS_SHARED_CREDENTIALS_FILE = devNull;
  environment.AWS_EC2_METADATA_DISABLED = 'true';
  if (!isTold) return;
  // Node has read its settings when it started. Without a proxy this call would change nothing.
  http.setGlobalProxyFromEnv({ http_proxy: 'http://127.0.0.1:9', no_proxy: '*' });
}

import type { Warning } from './warnings.ts';

/** The URL that a request was sent to. */
export interface RequestTarget {
  /** Without a port. */
  readonly host: string;
  readonly path: string;
  /** Whether a text is one of the configured tokens. */
  readonly isToken: (text: string) => boolean;
}

/**
 * Compares the PBX's settings, which every form echoes, with the request itself.
 *
 * @param fields The form as it was sent, before the token is redacted.
 */
export function faultsOfPbxSettings(
  fields: ReadonlyMap<string, string>,
  target: RequestTarget,
): Warning[] {
  const webhookUrl = fields.get('webhook_url');
  const fallback = fields.get('webhook_url_fallback');
  const urlWarnings = webhookUrl === undefined ? [] : warningsOfUrl(webhookUrl, target);
  const faults: Warning[] = urlWarnings.map((warning) => ({
    metric: 'WebhookUrlMismatch',
    warning,
  }));
  if (!fallback?.trim()) {
    const what = fallback === undefined ? 'missing' : 'blank';
    faults.push({ metric: 'FallbackMissing', warning: `webhook_url_fallback is ${what}` });
  }
  return faults;
}

function warningsOfUrl(
  value: string,
  { host, path, isToken }: RequestTarget,
): Warning['warning'][] {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return ['webhook_url is no web address'];
  const isSameHost = url.hostname === host.toLowerCase();
  const [, token] = url.pathname.match(/^\/sms\/([^/]+)$/) ?? [];
  // During a rotation, the portal may have the new URL while a retry still uses the old one.
  const isOurPath = url.pathname === path || (token !== undefined && isToken(token));
  return [
    ...(isSameHost ? [] : ['webhook_url has another host' as const]),
    ...(isOurPath ? [] : ['webhook_url has another path' as const]),
  ];
}

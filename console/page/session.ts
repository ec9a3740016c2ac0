import { SESSION_FRAGMENT } from '../protocol.ts';

const KEY = 'inbound-sms-session';

/** Where the browser keeps nothing. */
let ofThisPage = '';

/**
 * Keeps the session of an address that begins one, for every tab of this origin: host and port.
 *
 * @returns Whether the address begins one. Then it is to be taken out of the address bar.
 */
export function keepSession(hash: string): boolean {
  if (!hash.startsWith(SESSION_FRAGMENT)) return false;
  ofThisPage = hash.slice(SESSION_FRAGMENT.length);
  try {
    localStorage.setItem(KEY, ofThisPage);
  } catch {
    // A browser that keeps nothing: it holds until the page is closed.
  }
  return true;
}

/** What shows the server the session; nothing where there is none, as on the local stack. */
export function sessionHeaders(): Record<string, string> {
  const secret = kept();
  return secret === '' ? {} : { authorization: `Bearer ${secret}` };
}

/** Another tab may have begun another one since. */
function kept(): string {
  try {
    return localStorage.getItem(KEY) ?? ofThisPage;
  } catch {
    return ofThisPage;
  }
}

const KEY = 'inbound-sms-session';

/** Where the browser keeps nothing. */
let ofThisPage = '';

/** Keeps the session for every tab of this origin: host and port. */
export function keepSession(secret: string): void {
  ofThisPage = secret;
  try {
    localStorage.setItem(KEY, secret);
  } catch {
    // A browser that keeps nothing: it holds until the page is closed.
  }
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

import { SESSION_FRAGMENT, type SessionAnswer, type SessionRequest } from '../protocol.ts';
import { ApiError, ask } from './api.ts';
import { inboxHash, navigate } from './route.ts';
import { keepSession } from './session.ts';

/** Whether the address begins a session. */
export function beginsSession(hash: string): boolean {
  return hash.startsWith(SESSION_FRAGMENT);
}

/**
 * Begins the session of the address, if it has one, and takes it out of the address bar. One that has been
 * used changes nothing: this browser may be the one that used it.
 */
export async function beginSession(hash: string): Promise<void> {
  if (!beginsSession(hash)) return;
  navigate(inboxHash(), { replace: true });
  const body: SessionRequest = { code: hash.slice(SESSION_FRAGMENT.length) };
  try {
    const { secret } = await ask<SessionAnswer>('session', { method: 'POST', body });
    keepSession(secret);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

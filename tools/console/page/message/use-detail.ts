import { useEffect, useState } from 'preact/hooks';
import type { MessageDetail } from '../../protocol.ts';
import { ApiError, ask } from '../api.ts';
import { connection, onEvent } from '../live.ts';

interface DetailState {
  /** As it was known last. */
  readonly detail?: MessageDetail;
  /** Why it could not be asked for. */
  readonly error?: ApiError;
}

/** Several things happen to a message at once: it is asked for when they have. */
const SETTLE_MS = 100;

/** A message, asked for again whenever something happens to it. */
export function useDetail(id: string): DetailState {
  const [state, setState] = useState<DetailState>({});
  useEffect(() => {
    let loading: AbortController | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      timer = undefined;
      loading?.abort();
      const mine = new AbortController();
      loading = mine;
      try {
        const path = `messages/${encodeURIComponent(id)}`;
        const detail = await ask<MessageDetail>(path, { signal: mine.signal });
        if (loading === mine) setState({ detail });
      } catch (error) {
        if (loading !== mine || !(error instanceof ApiError)) return;
        // What is gone is gone; anything else may pass, and what is shown stays.
        setState((known) => (error.status === 404 ? { error } : { ...known, error }));
      }
    };
    const loadSoon = (event: { readonly message_id: string }) => {
      if (event.message_id === id) timer ??= setTimeout(load, SETTLE_MS);
    };
    const unsubscribe = [
      onEvent('hello', () => void load()),
      onEvent('message', loadSoon),
      onEvent('timeline', loadSoon),
    ];
    if (connection.peek() !== 'connecting') void load();
    return () => {
      for (const stop of unsubscribe) stop();
      clearTimeout(timer);
      loading?.abort();
      loading = undefined;
    };
  }, [id]);
  return state;
}

import { createFeed, type Feed, type Reducers } from './feed.ts';
import { connection, onEvent } from './live.ts';

const SOURCE = { onEvent, isLive: () => connection.peek() === 'live' };

/** A feed by the page's connection: see `createFeed`. */
export function liveFeed<State>(
  load: (signal: AbortSignal) => Promise<State>,
  reducers: Reducers<State>,
): Feed<State> {
  return createFeed(load, reducers, SOURCE);
}

import { useEffect } from 'preact/hooks';
import type { Feed } from './feed.ts';

/** Follows a feed as long as the component is shown. */
export function useFeed<State>(feed: Feed<State>): State | undefined {
  useEffect(() => feed.follow(), [feed]);
  return feed.state.value;
}

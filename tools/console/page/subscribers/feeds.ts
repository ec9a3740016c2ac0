import type { SubscriberMessage } from '../../protocol.ts';
import { ask } from '../api.ts';
import { liveFeed } from '../feed.ts';
import { mergeReceived } from './received-list.ts';

/** What the queue got, the latest first. */
export const received = liveFeed<readonly SubscriberMessage[]>(
  (signal) => ask<readonly SubscriberMessage[]>('subscriber', { signal }),
  { subscriber: mergeReceived },
);

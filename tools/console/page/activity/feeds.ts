import type { Attempt } from '../../protocol.ts';
import { ask } from '../api.ts';
import { liveFeed } from '../feed.ts';
import { mergeAttempts } from './attempt-list.ts';

/** What the webhook was asked in the last hour. */
export const attempts = liveFeed<readonly Attempt[]>(
  (signal) => ask<readonly Attempt[]>('attempts', { signal }),
  { attempt: mergeAttempts },
);

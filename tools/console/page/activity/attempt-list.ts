import type { Attempt } from '../../protocol.ts';
import { unknownNews } from '../feed.ts';

const HOUR = 3_600_000;
const MAX_ATTEMPTS = 20_000;

/** Adds what came in, and drops what is older than an hour before the latest. */
export function mergeAttempts(
  known: readonly Attempt[],
  news: readonly Attempt[],
  mayBeKnown: boolean,
): readonly Attempt[] {
  const all = [...known, ...(mayBeKnown ? unknownNews(known, news, keyOf) : news)];
  const latest = all.reduce((max, { at }) => Math.max(max, at), 0);
  return all.filter(({ at }) => at > latest - HOUR).slice(-MAX_ATTEMPTS);
}

function keyOf({ at, ms, status, outcome, message_id }: Attempt): string {
  return JSON.stringify([at, ms, status, outcome, message_id]);
}

import type { MessageSummary, ReplayRequest, ReplayResult, ReplayRun } from '../../protocol.ts';
import { ask } from '../api.ts';
import { liveFeed } from '../feed.ts';
import { onEvent } from '../live.ts';
import { inboxHash } from '../route.ts';
import { toast } from '../ui/notices.tsx';
import { filtersQuery } from './filters.ts';
import { replayText, withRuns } from './replay.ts';

/** The replays that this console has made, the latest first. */
export const replayRuns = liveFeed<readonly ReplayRun[]>('replays', { replay: withRuns });

/** Replays that this page requested and that are not answered yet. */
let asking = 0;
/** The ids of answered replays. */
const answered = new Set<string>();

/** Publishes these messages again. @throws {ApiError} If not all could be published. */
export async function startReplay(
  messages: readonly Pick<MessageSummary, 'message_id'>[],
): Promise<ReplayResult> {
  asking++;
  try {
    const body: ReplayRequest = { message_ids: messages.map(({ message_id }) => message_id) };
    const result = await ask<ReplayResult>('replay', { method: 'POST', body });
    answered.add(result.replay);
    return result;
  } finally {
    asking--;
  }
}

/** Shows the result of a replay, with a link to the published messages. */
export function announce(result: ReplayResult): void {
  const tone = result.refused > 0 ? 'bad' : 'good';
  toast(replayText(result), tone, linkTo(result));
}

function linkTo({ replay, published }: ReplayResult) {
  if (published === 0) return undefined;
  const text = published === 1 ? 'Show it' : 'Show them';
  return { text, href: inboxHash(filtersQuery({ replay })) };
}

// The page that began it may be closed, so that nobody reads its answer.
onEvent('replay', (run) => {
  if (run.isUnderWay || asking > 0 || answered.has(run.replay)) return;
  if (run.error === undefined) announce(run);
  else toast(`A replay ended early. ${run.error}`, 'bad', linkTo(run));
});

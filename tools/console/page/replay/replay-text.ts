import type { ReplayResult } from '../../protocol.ts';
import { plural } from '../ui/format.ts';

/** What became of a replay, in a sentence each. */
export function replayText({ published, pending, refused }: ReplayResult): string {
  const sentences = [
    published > 0 && `${plural(published, 'message')} published again.`,
    pending > 0 &&
      `${plural(pending, 'message')} not published yet: left to the sweeper, which publishes each once.`,
    refused > 0 && `${plural(refused, 'message')} refused by SNS.`,
  ];
  return sentences.filter(Boolean).join(' ') || 'There was nothing to publish.';
}

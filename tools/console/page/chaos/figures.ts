import { type Counters, LOST_AFTER_MS } from '../../protocol.ts';
import { count } from '../ui/format.ts';

/** One of the counters, as it is shown. */
export interface Figure {
  readonly name: keyof Counters;
  readonly label: string;
  /** What it counts. */
  readonly means: string;
}

/** In the order of a message's way. `lost` and `deleted` are told beside them. */
export const FIGURES: readonly Figure[] = [
  { name: 'sent', label: 'Sent', means: 'posted to the webhook' },
  { name: 'accepted', label: '200s', means: 'answered 200: the PBX is done with them' },
  { name: 'stored', label: 'Stored', means: 'in DynamoDB' },
  { name: 'published', label: 'Published', means: 'marked as published' },
  { name: 'delivered', label: 'Delivered', means: 'seen by a queue that is subscribed' },
  { name: 'emailed', label: 'E-mailed', means: 'given up by the PBX after ten attempts' },
];

/** What `lost` says, in words. */
export function lostInWords(counters: Counters): string {
  return [lost(counters), deleted(counters)].filter(Boolean).join(' ');
}

function deleted({ deleted }: Counters): string {
  if (deleted === 0) return '';
  return deleted === 1
    ? 'One message was deleted on purpose.'
    : `${count(deleted)} messages were deleted on purpose.`;
}

function lost({ sent, accepted, lost }: Counters): string {
  if (lost > 0) {
    const were = lost === 1 ? 'One message was' : `${count(lost)} messages were`;
    return `${were} answered 200, but cannot be found, or did not reach the queue within ${LOST_AFTER_MS / 1000} s. That must not be.`;
  }
  if (sent === 0) return 'Nothing is lost: nothing has been sent yet.';
  if (accepted === 0) return 'Nothing is lost: nothing has been answered 200 yet.';
  return accepted === 1
    ? 'Nothing is lost: the one message that was answered 200 is accounted for.'
    : `Nothing is lost: all ${count(accepted)} that were answered 200 are accounted for.`;
}

import type { readPosition } from '../../archive/archive-query.ts';
import type { ArchivedMessage, MessageArchive } from '../../archive/message-archive.ts';
import type { NumberFilter } from '../../shared/number-filter.ts';
import type { Attempts } from './attempts.ts';
import type { Summarise } from './message-summary.ts';

/** What a list of messages is read from. */
export interface MessageLister {
  readonly archive: MessageArchive;
  readonly attempts: Pick<Attempts, 'conflicts'>;
  readonly summarise: Summarise;
  /** Whose national numbers people write: ISO 3166. */
  readonly country: string;
  /** Default: 5,000. */
  readonly maxRead?: number;
}

/** A query of the page as the archive understands it. */
export interface ListQuery extends NumberFilter {
  readonly limit: number;
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly after: ReturnType<typeof readPosition>;
  readonly matchesSearch: (message: ArchivedMessage) => boolean;
}

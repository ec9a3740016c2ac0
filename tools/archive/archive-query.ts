import type { NumberFilter } from '../shared/number-filter.ts';

/** A message's place in the order of time, and what the index knows of it besides. */
export interface ArchiveKey {
  readonly message_id: string;
  readonly received_at: number;
  /** Absent in the index of pending messages. */
  readonly from?: string;
  readonly sms_number?: string;
}

/** Which messages, and in which order. */
export interface ArchiveQuery extends NumberFilter {
  /** Received at this time or later, epoch ms. */
  readonly since?: number | undefined;
  /** Received before this time, epoch ms. */
  readonly until?: number | undefined;
  /** Only those that are not published yet. */
  readonly isPending?: boolean | undefined;
  /** Default: `newest-first`. */
  readonly order?: 'newest-first' | 'oldest-first';
  /** At most so many. Default: all. */
  readonly limit?: number;
  /** Only those that follow this one in the order. */
  readonly after?: Pick<ArchiveKey, 'message_id' | 'received_at'> | undefined;
}

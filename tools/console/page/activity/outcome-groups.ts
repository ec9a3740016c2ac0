import type { Attempt } from '../../protocol.ts';

/** Outcomes that mean much the same to who looks at a plot. In the order of the stack, bottom first. */
export const OUTCOME_GROUPS = [
  { name: 'published', label: 'Published', means: '200: stored and published' },
  { name: 'duplicate', label: 'Duplicate', means: '200: was published before' },
  { name: 'in-flight', label: 'In flight', means: '503: another attempt was publishing it' },
  { name: 'unavailable', label: 'Unavailable', means: '503: not stored and published in time' },
  { name: 'conflict', label: 'Conflict', means: '409: another message has the id' },
  { name: 'refused', label: 'Refused', means: '4xx: cannot be accepted as it is' },
  { name: 'failed', label: 'Failed', means: 'a crash, a timeout, or no answer at all' },
] as const;

export type OutcomeGroup = (typeof OUTCOME_GROUPS)[number]['name'];

const NAMES: ReadonlySet<string> = new Set(OUTCOME_GROUPS.map(({ name }) => name));

/** The group of an attempt, by its outcome; by its status if the function did not get to say. */
export function groupOf({ outcome, status }: Pick<Attempt, 'outcome' | 'status'>): OutcomeGroup {
  if (outcome !== undefined && NAMES.has(outcome)) return outcome as OutcomeGroup;
  if (status === undefined || status >= 500) return 'failed';
  return status >= 400 ? 'refused' : 'published';
}

import type { Attempt } from '../../protocol.ts';

/** Groups of outcomes that mean much the same in a plot, in the order of the stack, bottom first. */
export const OUTCOME_GROUPS = [
  { name: 'published', label: 'Published', means: '200: stored and published' },
  { name: 'duplicate', label: 'Duplicate', means: '200: already published' },
  {
    name: 'in-flight',
    label: 'In flight',
    means: '503: another attempt was publishing the message',
  },
  { name: 'unavailable', label: 'Unavailable', means: '503: not stored and published in time' },
  { name: 'conflict', label: 'Conflict', means: '409: another message has the id' },
  { name: 'refused', label: 'Refused', means: '4xx: not accepted' },
  { name: 'failed', label: 'Failed', means: 'a crash, a timeout, or no answer at all' },
] as const;

export type OutcomeGroup = (typeof OUTCOME_GROUPS)[number]['name'];

/** A colour on a light and on a dark page. */
export interface Ink {
  readonly light: string;
  readonly dark: string;
}

/**
 * Each colour has a contrast of at least 3:1, and any two can be told apart with any kind of
 * colour blindness. A test measures both.
 */
export const OUTCOME_INKS: Readonly<Record<OutcomeGroup, Ink>> = {
  published: { light: '#1ba590', dark: '#5fe3c9' },
  duplicate: { light: '#306bc4', dark: '#2f70c6' },
  'in-flight': { light: '#a17800', dark: '#f6e35a' },
  unavailable: { light: '#982d0a', dark: '#f08a2f' },
  conflict: { light: '#3d1060', dark: '#d1a0fb' },
  refused: { light: '#495763', dark: '#868d97' },
  failed: { light: '#5d000b', dark: '#b0482f' },
};

const NAMES: ReadonlySet<string> = new Set(OUTCOME_GROUPS.map(({ name }) => name));

/** The group of an attempt, by its outcome, or by its status if the function logged no outcome. */
export function groupOf({ outcome, status }: Pick<Attempt, 'outcome' | 'status'>): OutcomeGroup {
  if (outcome !== undefined && NAMES.has(outcome)) return outcome as OutcomeGroup;
  if (status === undefined || status >= 500) return 'failed';
  return status >= 400 ? 'refused' : 'published';
}

import type { Attempt } from '../../protocol.ts';

/** A colour on a light and on a dark page. */
export interface Ink {
  readonly light: string;
  readonly dark: string;
}

/**
 * Outcomes that mean much the same to who looks at a plot, in the order of the stack, bottom first. A test
 * measures the colours: 3:1 on the page, and told apart with any kind of colour blindness.
 */
export const OUTCOME_GROUPS = [
  {
    name: 'published',
    label: 'Published',
    means: '200: stored and published',
    ink: { light: '#1ba590', dark: '#5fe3c9' },
  },
  {
    name: 'duplicate',
    label: 'Duplicate',
    means: '200: was published before',
    ink: { light: '#306bc4', dark: '#2f70c6' },
  },
  {
    name: 'in-flight',
    label: 'In flight',
    means: '503: another attempt was publishing it',
    ink: { light: '#a17800', dark: '#f6e35a' },
  },
  {
    name: 'unavailable',
    label: 'Unavailable',
    means: '503: not stored and published in time',
    ink: { light: '#982d0a', dark: '#f08a2f' },
  },
  {
    name: 'conflict',
    label: 'Conflict',
    means: '409: another message has the id',
    ink: { light: '#3d1060', dark: '#d1a0fb' },
  },
  {
    name: 'refused',
    label: 'Refused',
    means: '4xx: cannot be accepted as it is',
    ink: { light: '#495763', dark: '#868d97' },
  },
  {
    name: 'failed',
    label: 'Failed',
    means: 'a crash, a timeout, or no answer at all',
    ink: { light: '#5d000b', dark: '#b0482f' },
  },
] as const;

export type OutcomeGroup = (typeof OUTCOME_GROUPS)[number]['name'];

const NAMES: ReadonlySet<string> = new Set(OUTCOME_GROUPS.map(({ name }) => name));

/** The group of an attempt, by its outcome; by its status if the function did not get to say. */
export function groupOf({ outcome, status }: Pick<Attempt, 'outcome' | 'status'>): OutcomeGroup {
  if (outcome !== undefined && NAMES.has(outcome)) return outcome as OutcomeGroup;
  if (status === undefined || status >= 500) return 'failed';
  return status >= 400 ? 'refused' : 'published';
}

import type { OutcomeGroup } from './outcome-groups.ts';

/** A colour on a light and on a dark page. */
export interface Ink {
  readonly light: string;
  readonly dark: string;
}

/**
 * Each 3:1 at least on the surface it is drawn on, and any two told apart with any kind of colour
 * blindness: a test measures both.
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

export const RATE_INK: Ink = { light: '#2458d3', dark: '#7ca5ff' };
export const P50_INK: Ink = RATE_INK;
/** Drawn dashed as well. */
export const P99_INK: Ink = { light: '#b35900', dark: '#f0a850' };

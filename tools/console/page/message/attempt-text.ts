import type { Attempt } from '../../protocol.ts';

/** How a request ended, for people. */
export interface AttemptText {
  readonly title: string;
  readonly isGood: boolean;
  /** What the PBX does next. */
  readonly next: string;
}

const RETRIES = 'The PBX tries again.';
const NO_MORE = 'The PBX tries again, and e-mails it after the tenth attempt.';

/** See lib/http/outcomes.ts. */
const TITLES: Readonly<Record<string, string>> = {
  published: 'Stored and published',
  duplicate: 'Already published: nothing to do',
  'in-flight': 'Another attempt was publishing it',
  unavailable: 'Not stored and published in time',
  conflict: 'Refused: another message has this id',
  invalid: 'Refused: the form has faults',
  'not-a-form': 'Refused: not a form',
  'too-large': 'Refused: too large',
  'unknown-token': 'Refused: not the right token',
  'source-not-allowed': 'Refused: address not allowed',
  'number-not-allowed': 'Refused: number not allowed',
  'method-not-allowed': 'Refused: only POST is allowed',
  failed: 'The function failed',
};

/** The answer's status alone, where the function did not get to say more. */
const BY_STATUS: Readonly<Record<number, string>> = {
  429: 'Throttled',
  500: 'The function broke off',
  502: 'The function broke off',
  503: 'No answer from the function in time',
  504: 'No answer from the function in time',
};

export function attemptText({ status, outcome }: Attempt): AttemptText {
  const isGood = status === 200;
  const title =
    TITLES[outcome ?? ''] ??
    (status === undefined ? 'No answer' : (BY_STATUS[status] ?? (isGood ? 'Accepted' : 'Refused')));
  if (isGood) return { title, isGood, next: 'Delivered, as far as the PBX is concerned.' };
  const isForGood = status !== undefined && status >= 400 && status < 500 && status !== 429;
  return { title, isGood, next: isForGood ? NO_MORE : RETRIES };
}

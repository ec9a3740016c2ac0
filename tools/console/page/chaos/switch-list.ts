import type { Chaos } from '../../protocol.ts';

/** A fault that is on or off. */
export interface Switch {
  readonly name: 'snsDown' | 'dropPutAnswer' | 'killBeforePublish';
  readonly label: string;
  /** What it does, and what one will see. */
  readonly hint: string;
}

export const SWITCHES: readonly Switch[] = [
  {
    name: 'snsDown',
    label: 'SNS is down',
    hint: 'Nothing can be published. Messages are stored and answered 503, the PBX tries again; switched back, each is published.',
  },
  {
    name: 'dropPutAnswer',
    label: 'The put’s answer is lost',
    hint: 'DynamoDB stores each message, and the first answer never arrives. The put is repeated, recognised, and the message published once.',
  },
  {
    name: 'killBeforePublish',
    label: 'The function is killed before it publishes',
    hint: 'It dies once a message, after the put. The attempt is answered 500, and a later one or the sweeper takes over when the dead function’s claim is over.',
  },
];

/** What DynamoDB's calls can be delayed by, ms. */
export const DELAYS = [0, 200, 1_000, 3_000] as const;

export const DELAY_HINT =
  'Each call to the table takes so much longer. Up to a second answers are late; at three seconds calls are given up, and the answer is 503.';

export function delayLabel(ms: number): string {
  if (ms === 0) return 'Off';
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** The delays to choose from: another one that is on, set elsewhere, is among them. */
export function delaysWith(current: number): readonly number[] {
  return [...new Set([...DELAYS, current])].sort((a, b) => a - b);
}

export const NO_CHAOS: Chaos = {
  snsDown: false,
  dynamodbDelayMs: 0,
  dropPutAnswer: false,
  killBeforePublish: false,
};

/** How many faults are on. */
export function faultsOn({
  snsDown,
  dynamodbDelayMs,
  dropPutAnswer,
  killBeforePublish,
}: Chaos): number {
  return [snsDown, dynamodbDelayMs > 0, dropPutAnswer, killBeforePublish].filter(Boolean).length;
}

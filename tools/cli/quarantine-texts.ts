import type { AcceptanceResult, NotAcceptable } from '../archive/accept-quarantined.ts';
import { printable } from '../shared/terminal-text.ts';
import { calledOn } from './command.ts';
import { shortId } from './quarantine-columns.ts';
import type { Stack } from './stack.ts';

/** What became of one entry, for people. */
export interface DecisionText {
  /** Nothing is left to do. */
  readonly isDone: boolean;
  readonly text: string;
  /** What to do next. */
  readonly hint: string;
}

const done = (text: string): DecisionText => ({ isDone: true, text, hint: '' });
const left = (text: string, hint: string): DecisionText => ({ isDone: false, text, hint });

/** `refused`: SNS refuses the message for its content, in every attempt. */
export type Accepted = AcceptanceResult | { readonly outcome: 'refused'; readonly error: string };

/** @param id The quarantine_id. */
export function acceptedText(
  id: string,
  result: Accepted,
  stack: Pick<Stack, 'selector'>,
): DecisionText {
  const entry = shortId(id);
  switch (result.outcome) {
    case 'published':
      return done(`${entry} is accepted: ${printable(result.message_id)} is published.`);
    case 'duplicate':
      return done(
        `${entry} is accepted: ${printable(result.message_id)} had been published before.`,
      );
    case 'in-flight':
      return left(
        `${entry} is not accepted yet: another attempt is publishing ${printable(result.message_id)}.`,
        'Run it again in a minute.',
      );
    case 'conflict': {
      const other = printable(result.message_id);
      return left(
        `${entry} is not accepted: another message has the id ${other}.`,
        `Compare them: ${calledOn(stack, `show ${other}`)}\nIf it is the same SMS, discard ${entry}. If not, add --set message_id=NEW_ID.`,
      );
    }
    case 'refused':
      return left(
        `${entry} is not accepted: SNS refuses the message (${result.error}).`,
        'It is stored, and the sweeper tries to publish it. Run it again when it is published.',
      );
    default:
      return refusalText(id, result);
  }
}

/** Why an entry was not accepted, or would not be. */
export function refusalText(id: string, refusal: NotAcceptable): DecisionText {
  const entry = shortId(id);
  switch (refusal.outcome) {
    case 'accepted-before':
      return done(`${entry} was accepted before, as ${printable(refusal.message_id)}.`);
    case 'discarded':
      return left(`${entry} is discarded: nothing of it is left.`, '');
    case 'gone':
      return left(`${entry} is gone: it was deleted meanwhile.`, '');
    case 'cut':
      return left(
        `${entry} cannot be accepted: more was sent than is kept.`,
        'If it was a message, look for it in the fallback e-mails of the PBX. Then discard it.',
      );
    case 'begun-otherwise': {
      const { message_id, set } = refusal.acceptance;
      const values = Object.entries(set).map(([name, value]) => `--set ${name}=${value}`);
      const how = values.length > 0 ? `with ${printable(values.join(' '))}` : 'without --set';
      return left(
        `Somebody has begun to accept ${entry} as ${printable(message_id)}, ${how}.`,
        'Leave out --set to go on with that.',
      );
    }
    case 'invalid': {
      const faults = refusal.faults.map(({ field, reason }) => `${field} ${reason}`);
      const fields = [...new Set(refusal.faults.map(({ field }) => field))];
      const isSettable = !refusal.faults.some(({ reason }) => reason.startsWith('cannot be set'));
      return left(
        `${entry} cannot be accepted: ${faults.join('; ')}.`,
        isSettable
          ? `Add ${fields.map((field) => `--set ${field}=VALUE`).join(' ')}.`
          : 'Leave out --set message_id.',
      );
    }
  }
}

/** A count as people read it: `1 quarantined message`. */
export function entriesText(count: number): string {
  return count === 1
    ? '1 quarantined message'
    : `${count.toLocaleString('en-US')} quarantined messages`;
}

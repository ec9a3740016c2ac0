import { type Chaos, type Counters, LOST_AFTER_MS } from '../../lab-protocol.ts';
import { count } from '../ui/format.ts';

/** A paragraph about one fact. */
export interface Explanation {
  readonly key: string;
  readonly title: string;
  readonly text: string;
}

interface Situation {
  readonly chaos: Chaos;
  readonly counters: Counters;
  /** Deliveries that the PBX has not ended. */
  readonly underWay: number;
}

/** Time limit of a request to AWS. Two more tries follow: lib/aws/aws-clients.ts. */
const REQUEST_TIMEOUT_MS = 1_500;

type Rule = Explanation & { readonly holds: (situation: Situation) => boolean };

const RULES: readonly Rule[] = [
  {
    key: 'lost',
    title: 'Something is lost',
    text: 'A 200 went out for a message that is not in the table, or that the queue did not get. The webhook answers 200 only after the put and the publish, and nobody deleted the record. So this is a bug, or the whole table was deleted.',
    holds: ({ counters }) => counters.lost > 0,
  },
  {
    key: 'sns-down',
    title: 'SNS is off: fewer messages are published than sent',
    text: 'A message is stored first, and then cannot be published. The webhook answers 503, so the PBX keeps its copy and tries again. Nothing is lost: the record stays pending. Once SNS is back, the PBX’s next attempt or the sweeper publishes it.',
    holds: ({ chaos }) => chaos.snsDown,
  },
  {
    key: 'dynamodb-slow',
    title: 'DynamoDB is slow: answers take longer',
    text: 'Each message needs two calls to the table, so each 200 takes at least twice the delay. No message is at risk.',
    holds: ({ chaos }) => chaos.dynamodbDelayMs > 0 && chaos.dynamodbDelayMs < REQUEST_TIMEOUT_MS,
  },
  {
    key: 'dynamodb-too-slow',
    title: 'DynamoDB is too slow: the answer is 503, in time',
    text: 'A call ends after 1.5 seconds and is tried twice more, and the function answers 503 before its own timeout. A put that was ended may still have stored the message. Then a later attempt or the sweeper publishes it: the fingerprint shows that it is the same message.',
    holds: ({ chaos }) => chaos.dynamodbDelayMs >= REQUEST_TIMEOUT_MS,
  },
  {
    key: 'drop-put-answer',
    title: 'DynamoDB’s reply is lost: the message is stored, and the function does not know it',
    text: 'The SDK repeats the put, and its condition fails. The record has this attempt’s own claim, so the function continues as its owner. The message is stored once and published once.',
    holds: ({ chaos }) => chaos.dropPutAnswer,
  },
  {
    key: 'kill',
    title: 'The function is killed: stored, but not published yet',
    text: 'The claim of the killed function stays on the record for 30 seconds. Meanwhile the PBX’s next attempts are answered 503, in flight. Then an attempt or the sweeper takes over the claim and publishes. If attempts are less than three seconds apart, all ten end before that. Then the PBX e-mails the message, and the sweeper still publishes it.',
    holds: ({ chaos }) => chaos.killBeforePublish,
  },
  {
    key: 'emailed',
    title: 'E-mailed: the PBX has given up, but the service has not',
    text: 'After ten answers other than 200, the PBX e-mails the message to the fallback address. The sweeper still publishes a stored message later, so it counts as e-mailed and as published. A refused message, such as a conflict, is only e-mailed.',
    holds: ({ counters }) => counters.emailed > 0,
  },
  {
    key: 'ahead',
    title: 'More published than accepted',
    text: 'Some messages were published although their last attempt was answered 503 or got no answer. The PBX sends such a message again, and is answered 200 without a second publication.',
    holds: ({ counters }) => counters.published > counters.accepted,
  },
  {
    key: 'pending',
    title: 'Stored, but not published yet',
    text: 'The faults are off. These messages wait for the PBX’s next attempt or the sweeper. The sweeper runs every minute, for messages that are older than a minute and not claimed.',
    holds: ({ chaos, counters }) => counters.stored > counters.published && !chaos.snsDown,
  },
  {
    key: 'deleted',
    title: 'Some messages were deleted on purpose',
    text: 'A client deleted these records after they were stored: `forget`, the canary of `doctor`, or any AWS client. They are not lost, and no longer count as stored or published.',
    holds: ({ counters }) => counters.deleted > 0,
  },
  {
    key: 'on-the-way',
    title: 'Published, but not delivered yet',
    text: 'SNS is delivering them to its subscribers.',
    holds: ({ counters }) => counters.published > counters.delivered,
  },
  {
    key: 'begin',
    title: 'Nothing has been sent yet',
    text: 'Switch a fault on, send 100 messages, and watch the figures. They differ for a while, and then agree. Lost stays 0: a 200 means that a message is stored and published. After any other answer, the PBX still has it.',
    holds: ({ counters }) => counters.sent === 0,
  },
  {
    key: 'settled',
    title: 'All is well',
    text: 'Each message that was sent and not deleted is stored once, was published, and has reached the queue. Posts of the same message count as one: the table’s condition accepts one of them, and the others are answered as in flight or duplicate.',
    holds: ({ counters: { sent, accepted, stored, published, delivered, deleted }, underWay }) =>
      sent > deleted &&
      underWay === 0 &&
      [accepted, delivered].every((count) => count === sent) &&
      [stored, published].every((count) => count === sent - deleted),
  },
];

const OTHERWISE: Explanation = {
  key: 'otherwise',
  title: 'Not all are answered 200 yet',
  text: 'The sender still has each message that was not answered 200. The PBX tries ten times in all, and then e-mails the message.',
};

/** Explains the figures, with one paragraph for each fact. */
export function explain(situation: Situation): readonly Explanation[] {
  const rules = RULES.filter(({ holds }) => holds(situation));
  return rules.length > 0 ? rules : [OTHERWISE];
}

/** The counters in the order of a message's way. `lost` and `deleted` are shown beside them. */
export const FIGURES = [
  { name: 'sent', label: 'Sent', means: 'posted to the webhook' },
  { name: 'accepted', label: 'Accepted (200)', means: 'the PBX sends them no more' },
  { name: 'stored', label: 'Stored', means: 'in DynamoDB' },
  { name: 'published', label: 'Published', means: 'marked as published' },
  { name: 'delivered', label: 'Delivered', means: 'received by a subscribed queue' },
  { name: 'emailed', label: 'E-mailed', means: 'given up by the PBX after ten attempts' },
] as const;

/** The counter `lost`, in words. */
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

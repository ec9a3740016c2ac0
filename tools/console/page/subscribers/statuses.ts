import {
  LAB_KEEPS,
  type SubscriberEmail,
  type SubscriberFailure,
  type SubscriberStatus,
} from '../../lab-protocol.ts';
import { liveFeed, unknownNews } from '../feed.ts';

/** The subscribers of settings.yml. */
export const statuses = liveFeed<readonly SubscriberStatus[]>('subscribers', {
  subscribers: (known, news) => news.at(-1) ?? known,
});

/** The e-mails to `email` subscribers, the latest first. */
export const emails = liveFeed<readonly SubscriberEmail[]>('emails', {
  subscriberEmail: mergeEmails,
});

/** The latest first. */
export function mergeEmails(
  known: readonly SubscriberEmail[],
  news: readonly SubscriberEmail[],
): readonly SubscriberEmail[] {
  const added = unknownNews(known, news, ({ id }) => id);
  return [...added.reverse(), ...known].slice(0, LAB_KEEPS.emails);
}

export interface Figure {
  readonly label: string;
  readonly value: number;
  readonly tone: 'neutral' | 'warn' | 'bad';
}

/** The number of messages in each state. The messages of a `queue` have no known result. */
export function figuresOf(status: SubscriberStatus): readonly Figure[] {
  const { waiting, failing, delivered, dead } = status;
  return [
    { label: 'Waiting', value: waiting, tone: 'neutral' },
    ...(delivered === undefined
      ? []
      : ([
          { label: 'Failing', value: failing, tone: failing > 0 ? 'warn' : 'neutral' },
          { label: 'Delivered', value: delivered, tone: 'neutral' },
        ] as const)),
    { label: 'Dead', value: dead, tone: dead > 0 ? 'bad' : 'neutral' },
  ];
}

/** `500, attempt 3` */
export function failureText({ reason, attempt }: SubscriberFailure): string {
  return attempt === undefined ? reason : `${reason}, attempt ${attempt}`;
}

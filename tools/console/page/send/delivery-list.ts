import { type FallbackEmail, LAB_KEEPS, type PbxDelivery } from '../../protocol.ts';
import { unknownNews } from '../feed.ts';

/** Deliveries of one message: the same text under the same id. */
export interface DeliveryGroup {
  readonly key: string;
  /** The latest first; at least one. */
  readonly deliveries: readonly [PbxDelivery, ...PbxDelivery[]];
}

/** The latest first. What is known already is replaced, unless it is further than the news. */
export function mergeDeliveries(
  known: readonly PbxDelivery[],
  news: readonly PbxDelivery[],
): readonly PbxDelivery[] {
  const byId = new Map(known.map((delivery) => [delivery.id, delivery]));
  const added = new Set<string>();
  for (const delivery of news) {
    const before = byId.get(delivery.id);
    if (!before) added.add(delivery.id);
    if (!before || isFurther(delivery, before)) byId.set(delivery.id, delivery);
  }
  const ids = [...[...added].reverse(), ...known.map(({ id }) => id)];
  return ids.slice(0, LAB_KEEPS.deliveries).flatMap((id) => byId.get(id) ?? []);
}

function isFurther(one: PbxDelivery, other: PbxDelivery): boolean {
  const ahead = one.attempts.length - other.attempts.length;
  return ahead > 0 || (ahead === 0 && other.state === 'under way');
}

/** In the order of each group's latest delivery. */
export function groupDeliveries(deliveries: readonly PbxDelivery[]): readonly DeliveryGroup[] {
  const groups = new Map<string, [PbxDelivery, ...PbxDelivery[]]>();
  for (const delivery of deliveries) {
    const { message_id, from, sms_number, body } = delivery;
    const key = JSON.stringify([message_id, from, sms_number, body]);
    const group = groups.get(key);
    if (group) group.push(delivery);
    else groups.set(key, [delivery]);
  }
  return [...groups].map(([key, group]) => ({ key, deliveries: group }));
}

/** The latest first. */
export function mergeEmails(
  known: readonly FallbackEmail[],
  news: readonly FallbackEmail[],
  mayBeKnown: boolean,
): readonly FallbackEmail[] {
  const added = mayBeKnown ? unknownNews(known, news, emailKey) : news;
  return [...added.toReversed(), ...known].slice(0, LAB_KEEPS.emails);
}

/** Copies of a post can be given up at the same time: their e-mails have the same key. */
export function emailKey({ at, message_id, text }: FallbackEmail): string {
  return JSON.stringify([at, message_id, text]);
}

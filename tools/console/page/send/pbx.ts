import {
  type FallbackEmail,
  LAB_KEEPS,
  type PbxDelivery,
  type SendRequest,
} from '../../lab-protocol.ts';
import { ask } from '../api.ts';
import { liveFeed, unknownNews } from '../feed.ts';

/** The deliveries of the simulated PBX, the latest first. */
export const deliveries = liveFeed<readonly PbxDelivery[]>('deliveries', {
  delivery: mergeDeliveries,
});

/** Its e-mails, the latest first. */
export const outbox = liveFeed<readonly FallbackEmail[]>('outbox', { email: mergeEmails });

/**
 * Has the simulated PBX send something, and shows it at once.
 *
 * @throws {ApiError} If the server refuses it.
 */
export async function send(request: SendRequest): Promise<readonly PbxDelivery[]> {
  const begun = await ask<readonly PbxDelivery[]>('send', { method: 'POST', body: request });
  for (const delivery of begun) deliveries.take('delivery', delivery);
  return begun;
}

/** Deliveries of one message: the same text under the same id. */
export interface DeliveryGroup {
  readonly key: string;
  /** The latest first; at least one. */
  readonly deliveries: readonly PbxDelivery[];
}

/** The latest first. Replaces a known delivery, unless the known one has more progress. */
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
  const groups = Map.groupBy(deliveries, ({ message_id, from, sms_number, body }) =>
    JSON.stringify([message_id, from, sms_number, body]),
  );
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

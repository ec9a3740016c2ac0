import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DeliveryMark, DeliveryMarks } from '../forwarding/delivery-mark.ts';
import type { Item } from './message-item.ts';

/**
 * Each subscriber has its own attribute, a map. With one map for all, a `SET` of a path such as
 * `deliveries.crm` would fail while `deliveries` does not exist.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */
const PREFIX = 'delivery_';

export const markAttribute = (subscriber: string) => `${PREFIX}${subscriber}`;

/** An item's marks, by the subscriber's name. */
export function marksIn(item: Item): DeliveryMarks {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]) => {
      const mark = name.startsWith(PREFIX) && readMark(value);
      return mark ? [[name.slice(PREFIX.length), mark]] : [];
    }),
  );
}

function readMark({ M: map }: AttributeValue): DeliveryMark | undefined {
  if (!map) return undefined;
  const number = (name: keyof DeliveryMark) =>
    map[name]?.N === undefined ? {} : { [name]: Number(map[name].N) };
  const text = (name: keyof DeliveryMark) =>
    map[name]?.S === undefined ? {} : { [name]: map[name].S };
  return {
    attempts: 0,
    ...number('attempts'),
    ...number('delivered_at'),
    ...number('replayed_at'),
    ...number('failed_at'),
    ...text('reason'),
    ...number('dead_at'),
    ...number('replay_failed_at'),
    ...number('replay_attempts'),
    ...text('replay_reason'),
    ...number('replay_dead_at'),
  };
}

export function toMarkValue(mark: DeliveryMark): AttributeValue {
  return {
    M: Object.fromEntries(
      Object.entries(mark).map(([name, value]) => [
        name,
        typeof value === 'number' ? { N: String(value) } : { S: String(value) },
      ]),
    ),
  };
}

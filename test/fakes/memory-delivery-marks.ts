import type { DeliveryMark } from '../../lib/forwarding/delivery-mark.ts';
import type { DeliveryMarkStore } from '../../lib/forwarding/forwarding-ports.ts';

/** An in-memory store of delivery marks. */
export class MemoryDeliveryMarks implements DeliveryMarkStore {
  /** The records by message id, each with its marks by subscriber. */
  readonly records = new Map<string, Map<string, DeliveryMark>>();

  async read(messageId: string, subscriber: string): Promise<DeliveryMark | undefined> {
    return this.records.get(messageId)?.get(subscriber);
  }

  async write(messageId: string, subscriber: string, mark: DeliveryMark): Promise<boolean> {
    const marks = this.records.get(messageId);
    if (!marks) return false;
    const isDelivered = marks.get(subscriber)?.delivered_at !== undefined;
    if (isDelivered && mark.delivered_at === undefined) return false;
    marks.set(subscriber, mark);
    return true;
  }
}

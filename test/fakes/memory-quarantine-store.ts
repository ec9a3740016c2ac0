import {
  type Attempt,
  type QuarantineEntry,
  type QuarantineStore,
  type RefusedRequest,
  UNITS_A_DAY,
} from '../../lib/messages/quarantine.ts';

/** An in-memory quarantine store. Each call is atomic, like DynamoDB's writes of one item. */
export class MemoryQuarantineStore implements QuarantineStore {
  readonly entries = new Map<string, QuarantineEntry>();
  /** Units taken, by day. */
  readonly taken = new Map<string, number>();

  async keep(request: RefusedRequest, { request_id, at, expires_at }: Attempt): Promise<number> {
    const existing = this.entries.get(request.quarantine_id);
    if (existing?.discarded_at !== undefined || existing?.last_request === request_id) return 0;
    const { faults: _, ...first } = existing ?? { ...request, received_at: at, requests: 0 };
    this.entries.set(request.quarantine_id, {
      ...first,
      reason: request.reason,
      ...(request.faults && { faults: request.faults }),
      last_received_at: at,
      last_request: request_id,
      requests: first.requests + 1,
      expires_at,
    });
    return 0;
  }

  async takeAllowance(day: string, units: number): Promise<boolean> {
    const taken = (this.taken.get(day) ?? 0) + units;
    if (taken > UNITS_A_DAY) return false;
    this.taken.set(day, taken);
    return true;
  }
}

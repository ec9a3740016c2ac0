import { beforeEach, describe, expect, it } from 'vitest';
import {
  type QuarantineEntry,
  type QuarantineStore,
  UNITS_A_DAY,
} from '../../lib/messages/quarantine.ts';
import { someRefusedRequest } from '../fixtures/quarantine.ts';

/** A store, and access to its entries. */
export interface OpenQuarantine {
  readonly store: QuarantineStore;
  readonly read: (quarantine_id: string) => Promise<QuarantineEntry | undefined>;
  readonly put: (entry: QuarantineEntry) => Promise<void>;
}

const attempt = (number: number) => ({
  request_id: `request-${number}`,
  at: number * 1_000,
  expires_at: number + 100,
});

/**
 * The contract of every quarantine store, for the fake and the real adapter.
 *
 * @param open Returns an empty one.
 */
export function quarantineStoreContract(open: () => Promise<OpenQuarantine>): void {
  let quarantine: OpenQuarantine;
  beforeEach(async () => {
    quarantine = await open();
  });
  const request = someRefusedRequest();
  const read = () => quarantine.read(request.quarantine_id);

  describe('keep', () => {
    it('keeps a request completely, with its attempt', async () => {
      await quarantine.store.keep(request, attempt(1));
      expect(await read()).toEqual({
        ...request,
        ...{ received_at: 1_000, last_received_at: 1_000, requests: 1 },
        ...{ last_request: 'request-1', expires_at: 101 },
      });
    });

    it('keeps a request’s absent fields absent', async () => {
      const { from: _, sms_number: __, fingerprint: ___, content_type: ____, ...bare } = request;
      await quarantine.store.keep({ ...bare, form: Buffer.alloc(0), is_cut: true }, attempt(1));
      const entry = await read();
      expect(entry).toMatchObject({ is_cut: true, requests: 1 });
      expect(entry?.form).toHaveLength(0);
      for (const name of ['from', 'sms_number', 'fingerprint', 'content_type', 'faults']) {
        expect(entry).not.toHaveProperty(name);
      }
    });

    it('counts later attempts, and keeps the first one’s form and the last one’s reason', async () => {
      const faults = 'body is missing';
      await quarantine.store.keep({ ...request, reason: 'invalid', faults }, attempt(1));
      await quarantine.store.keep({ ...request, form: Buffer.from('other') }, attempt(2));
      expect(await read()).toEqual({
        ...request,
        ...{ received_at: 1_000, last_received_at: 2_000, requests: 2 },
        ...{ last_request: 'request-2', expires_at: 102 },
      });
    });

    it('counts an attempt that was sent twice once', async () => {
      await quarantine.store.keep(request, attempt(1));
      await quarantine.store.keep(request, attempt(1));
      expect(await read()).toMatchObject({ requests: 1 });
    });

    it('does not change a discarded entry', async () => {
      const { form: _, from: __, ...rest } = request;
      const discarded: QuarantineEntry = {
        ...rest,
        ...{ received_at: 1, last_received_at: 2, requests: 3, last_request: 'r', expires_at: 4 },
        discarded_at: 5,
      };
      await quarantine.put(discarded);
      await quarantine.store.keep(request, attempt(9));
      expect(await read()).toEqual(discarded);
    });

    it('does not change an acceptance', async () => {
      await quarantine.store.keep(request, attempt(1));
      const acceptance = { message_id: 'a', fingerprint: 'f', set: {} };
      const entry = (await read()) as QuarantineEntry;
      await quarantine.put({ ...entry, acceptance, accepted_at: 7 });
      await quarantine.store.keep(request, attempt(2));
      expect(await read()).toMatchObject({ acceptance, accepted_at: 7, requests: 2 });
    });
  });

  describe('takeAllowance', () => {
    const DAY = '2026-11-27';
    const take = (units: number, day = DAY) => quarantine.store.takeAllowance(day, units);

    it('takes no more than a day’s units', async () => {
      expect(await take(UNITS_A_DAY - 10)).toBe(true);
      expect(await take(11)).toBe(false);
      expect(await take(10)).toBe(true);
      expect(await take(1)).toBe(false);
    });

    it('has the full units again on the next day', async () => {
      expect(await take(UNITS_A_DAY)).toBe(true);
      expect(await take(1, '2026-11-28')).toBe(true);
    });
  });
}

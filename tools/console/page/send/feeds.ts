import type { FallbackEmail, PbxDelivery } from '../../protocol.ts';
import { ask } from '../api.ts';
import { liveFeed } from '../feed.ts';
import { mergeDeliveries, mergeEmails } from './delivery-list.ts';

/** What the simulated PBX delivers, and has delivered; the latest first. */
export const deliveries = liveFeed<readonly PbxDelivery[]>(
  (signal) => ask<readonly PbxDelivery[]>('deliveries', { signal }),
  { delivery: mergeDeliveries },
);

/** What it has e-mailed; the latest first. */
export const outbox = liveFeed<readonly FallbackEmail[]>(
  (signal) => ask<readonly FallbackEmail[]>('outbox', { signal }),
  { email: mergeEmails },
);

import type { PbxDelivery, SendRequest } from '../../protocol.ts';
import { ask } from '../api.ts';
import { deliveries } from './feeds.ts';

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

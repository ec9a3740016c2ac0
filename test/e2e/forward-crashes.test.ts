import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { FaultFunction } from '../../tools/local/fault-proxy.ts';
import { ForwardingStack } from '../helpers/forwarding-stack.ts';

let forwarding: ForwardingStack;
beforeAll(async () => {
  forwarding = await ForwardingStack.start({
    subscribers: (url) => ({ crm: { https: `${url}/crm`, secret: 'CRM_SECRET' } }),
  });
});
afterEach(() => {
  for (const proxy of Object.values(forwarding.proxies)) proxy.setFault(undefined);
});
afterAll(() => forwarding?.[Symbol.asyncDispose]());

/** Longer than six times the function's timeout, after which the queue delivers a message again. */
const VISIBILITY_MS = 181_000;

const kill = () => forwarding.stack.killInstances('forwardMessage');
const isOfForwarder = (body: object) => JSON.stringify(body).includes('delivery_');

/** Kills the function's process before or after its first call with this name. */
function killAt(operation: string, moment: 'before' | 'after', onKill: () => void): FaultFunction {
  let isDone = false;
  return async (call) => {
    const isIt =
      call.operation === operation && (call.service !== 'dynamodb' || isOfForwarder(call.body));
    if (isDone || !isIt) return undefined;
    isDone = true;
    const end = async () => {
      await kill();
      onKill();
    };
    if (moment === 'after') return { kind: 'after', run: end };
    await end();
    return { kind: 'reset' };
  };
}

/** Where the process ends, and how many requests the receiver gets in all. */
const POINTS = [
  ['before the mark is read', 'dynamodb', 'GetItem', 'before', 1],
  ['after the mark is read', 'dynamodb', 'GetItem', 'after', 1],
  ['before the secret is read', 'ssm', 'GetParameter', 'before', 1],
  ['after the secret is read', 'ssm', 'GetParameter', 'after', 1],
  ['before the mark is written', 'dynamodb', 'UpdateItem', 'before', 2],
  ['after the mark is written', 'dynamodb', 'UpdateItem', 'after', 1],
] as const;

it.each(POINTS)(
  'a message is delivered if the process is killed %s',
  async (_, service, operation, moment, count) => {
    // A new process reads the secret again.
    await kill();
    const killed = Promise.withResolvers<void>();
    forwarding.proxies[service].setFault(killAt(operation, moment, killed.resolve));
    const id = await forwarding.post('hello');
    await killed.promise;
    const isMarked = operation === 'UpdateItem' && moment === 'after';
    await comesBack(id, count, isMarked ? 'already-delivered' : 'delivered');
  },
);

it('a message is delivered again if the process is killed while the receiver has it', async () => {
  const killed = Promise.withResolvers<void>();
  forwarding.receiver.answer('crm', async (response) => {
    forwarding.receiver.answer('crm', 204);
    await kill();
    response.destroy();
    killed.resolve();
  });
  const id = await forwarding.post('hello');
  await killed.promise;
  await comesBack(id, 2);
});

it('a message waits for the queue’s own timeout if the process is killed before it sets the pause', async () => {
  const killed = Promise.withResolvers<void>();
  forwarding.receiver.answer('crm', 500);
  forwarding.proxies.sqs.setFault(killAt('ChangeMessageVisibility', 'before', killed.resolve));
  const id = await forwarding.post('hello');
  await killed.promise;
  forwarding.receiver.answer('crm', 204);
  await comesBack(id, 2);
});

/** Makes the queue deliver the message again. It must be marked once, and leave nothing behind. */
async function comesBack(id: string, count: number, outcome = 'delivered'): Promise<void> {
  expect(await forwarding.idsIn('crm')).toEqual([id]);
  forwarding.clock.moveTo(Date.now() + VISIBILITY_MS);
  await expect.poll(() => forwarding.idsIn('crm'), { timeout: 20_000 }).toEqual([]);
  // The killed process has logged nothing.
  await expect.poll(() => forwarding.linesOf('crm', id)).toMatchObject([{ outcome }]);
  expect(forwarding.receiver.of('crm').filter(({ body }) => body.includes(id))).toHaveLength(count);
  expect(await forwarding.marks(id)).toEqual({
    crm: { attempts: expect.any(Number), delivered_at: expect.any(Number) },
  });
  expect(await forwarding.idsIn('crm-dead')).toEqual([]);
}

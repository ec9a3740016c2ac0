import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { startFaultyStack } from '../helpers/faulty-stack.ts';
import { postForm, subscribeQueue } from '../helpers/local-stack.ts';

it('loses no message while SNS refuses everything, and publishes all afterwards', async () => {
  await using service = await startFaultyStack();
  await using queue = await subscribeQueue(service.stack);
  const ids = Array.from({ length: 120 }, () => randomUUID());
  service.sns.setFault(() => ({ kind: 'error-before', code: 'AuthorizationError', status: 403 }));
  const waiting = ids.values();
  const sender = async () => {
    for (const message_id of waiting) {
      const form = { message_id, from: '1', sms_number: '2', body: 'x' };
      expect((await postForm(service.stack.webhookUrl, form)).status).toBe(503);
    }
  };
  await Promise.all([sender(), sender(), sender(), sender()]);
  for (const id of ids) await service.age(id);
  await service.stack.invoke('publishPending', {});
  expect(await queue.all()).toEqual([]);
  expect(JSON.parse(service.logs.at(-1) ?? '')).toMatchObject({ Pending: 120, SweepPublished: 0 });

  service.reset();
  const published: number[] = [];
  let pending: number;
  do {
    // On a busy machine, some calls take too long. The next sweep takes their messages.
    for (const id of ids) await service.age(id);
    await service.stack.invoke('publishPending', {});
    const { Pending, SweepPublished } = JSON.parse(service.logs.at(-1) ?? '');
    published.push(SweepPublished);
    pending = Pending;
  } while (pending > 0);
  const arrived = (await queue.all()).map(({ message }) => JSON.parse(message));
  expect(arrived.map(({ message_id }) => message_id).toSorted()).toEqual(ids.toSorted());
  expect(published.reduce((sum, count) => sum + count)).toBe(120);
}, 60_000);

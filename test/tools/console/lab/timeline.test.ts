import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConsoleStack } from './console-stack.ts';

let service: ConsoleStack;
beforeAll(async () => {
  service = await ConsoleStack.start();
});
afterEach(() => service.chaos({}));
afterAll(() => service?.[Symbol.asyncDispose]());

const REFUSED = 'ConditionalCheckFailedException';

describe('the calls behind a message', () => {
  it('are three for a new one, then its answer and its arrival', async () => {
    const id = randomUUID();
    expect(await service.deliver(id)).toBe(200);
    const timeline = await service.arrived(id);
    expect(await service.calls(id)).toEqual(['store and claim', 'publish', 'mark as published']);
    expect(timeline).toContainEqual({
      kind: 'call',
      at: expect.any(Number),
      ms: expect.any(Number),
      service: 'sns',
      operation: 'Publish',
      purpose: 'publish',
      message_id: id,
      status: 200,
    });
    expect(timeline.filter(({ kind }) => kind !== 'delivered').at(-1)).toMatchObject({
      kind: 'attempt',
      status: 200,
      outcome: 'published',
    });
  });

  it('of a duplicate show what was found', async () => {
    const id = randomUUID();
    await service.deliver(id);
    await service.deliver(id);
    expect((await service.calls(id)).slice(3)).toEqual([
      `store and claim: ${REFUSED}`,
      'read what is stored',
    ]);
  });

  it('show that SNS could not be reached, and who published it later', async () => {
    const id = randomUUID();
    await service.chaos({ snsDown: true });
    expect(await service.deliver(id)).toBe(503);
    const failed = await service.calls(id);
    expect([failed[0], failed.at(-1)]).toEqual(['store and claim', 'release']);
    const tries = failed.slice(1, -1);
    expect(new Set(tries)).toEqual(new Set(['publish: not reachable']));
    // Three attempts, and one more where the first found a connection that was open already.
    expect([3, 4]).toContain(tries.length);
    await service.chaos({});
    expect(await service.deliver(id)).toBe(200);
    expect((await service.calls(id)).slice(failed.length)).toEqual([
      `store and claim: ${REFUSED}`,
      'read what is stored',
      'take over',
      'publish',
      'mark as published',
    ]);
    await service.arrived(id);
  });

  it('show a lost answer, after which the function finds its own record', async () => {
    const id = randomUUID();
    await service.chaos({ dropPutAnswer: true });
    expect(await service.deliver(id)).toBe(200);
    expect(await service.calls(id)).toEqual([
      'store and claim: answer dropped',
      `store and claim: ${REFUSED}`,
      'read what is stored',
      'publish',
      'mark as published',
    ]);
    await service.arrived(id);
  });

  it('show what was slow, and what went wrong with it besides', async () => {
    const id = randomUUID();
    await service.chaos({ dynamodbDelayMs: 20, dropPutAnswer: true });
    expect(await service.deliver(id)).toBe(200);
    expect(await service.calls(id)).toEqual([
      'store and claim: answer dropped',
      `store and claim: ${REFUSED}`,
      'read what is stored',
      'publish',
      'mark as published',
    ]);
    const calls = (await service.timeline(id)).filter(({ kind }) => kind === 'call');
    const slowed = calls.map((call) => 'slowed_ms' in call && call.slowed_ms);
    expect(slowed).toEqual([20, 20, 20, false, 20]);
  });

  it('show a killed function', async () => {
    const id = randomUUID();
    await service.chaos({ killBeforePublish: true });
    expect(await service.deliver(id)).toBe(500);
    expect(await service.calls(id)).toEqual([
      'store and claim',
      'publish: the function was killed',
    ]);
    expect((await service.timeline(id)).at(-1)).toMatchObject({
      kind: 'attempt',
      status: 500,
      reason: 'The process of receiveSms was ended by SIGKILL',
    });
  });

  it('of a sweep are shown at each message of the batch', async () => {
    const ids = [randomUUID(), randomUUID(), randomUUID()];
    await service.chaos({ snsDown: true });
    for (const id of ids) await service.deliver(id);
    for (const id of ids) await service.age(id);
    await service.chaos({});
    await service.post('sweep');
    for (const id of ids) {
      expect((await service.calls(id)).slice(-3)).toEqual([
        'claim',
        'publish, with 2 more',
        'mark as published',
      ]);
      await service.arrived(id);
    }
  });

  it('of a replay are seen, as is what arrives', async () => {
    const id = randomUUID();
    await service.deliver(id);
    const { replay } = await service.post<{ replay: string }>('replay', { message_ids: [id] });
    const timeline = await service.arrived(id, 2);
    expect((await service.calls(id)).slice(3)).toEqual(['publish once more']);
    expect(timeline.filter(({ kind }) => kind === 'delivered')).toEqual([
      { kind: 'delivered', at: expect.any(Number) },
      { kind: 'delivered', at: expect.any(Number), replay },
    ]);
  });
});

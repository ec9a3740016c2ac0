import { expect, it } from 'vitest';
import { FakeForwarder, type Port } from '../fakes/fake-forwarder.ts';
import { stillTimers } from '../helpers/still-timers.ts';

it('a receiver always has its ten seconds, and there is time to mark', async () => {
  const [fake, timers] = [new FakeForwarder(), stillTimers()];
  await fake.forward();
  expect(timers.limits()).toEqual([14_000, 25_000, 27_000, 29_000]);
  expect(timers.left()).toBe(0);
});

it('each call leaves time for the following ones', async () => {
  const [fake, timers] = [new FakeForwarder(), stillTimers()];
  const deadlines = new Map<Port, AbortSignal | undefined>();
  fake.around = (port, call, deadline) => {
    deadlines.set(port, deadline);
    return call();
  };
  fake.answer = { status: 500 };
  await fake.forward();
  const ended = timers.limits().map((limit = 0) => {
    timers.fire(limit);
    const ports = [...deadlines].filter(([, deadline]) => deadline?.aborted);
    return ports.map(([port]) => port);
  });
  expect(ended).toEqual([
    ['read mark', 'read secret'],
    ['read mark', 'read secret', 'send'],
    ['read mark', 'read secret', 'send', 'pause'],
    ['read mark', 'read secret', 'send', 'pause', 'write mark'],
  ]);
});

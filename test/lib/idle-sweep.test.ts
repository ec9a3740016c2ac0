import { beforeEach, expect, it } from 'vitest';
import { FakeService, type LogLine } from '../fakes/fake-service.ts';
import { someRecord } from '../fixtures/messages.ts';

let service: FakeService;
beforeEach(() => {
  service = new FakeService();
});

interface Emf {
  readonly CloudWatchMetrics: readonly { readonly Metrics: readonly { readonly Name: string }[] }[];
}

/** The metrics of a line for CloudWatch. Each costs for every hour in which it is sent. */
const metricsOf = ({ _aws }: LogLine) =>
  (_aws as Emf).CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));

const storePending = (message_id: string) =>
  service.store.putNew(someRecord({ message_id, received_at: FakeService.NOW - 90_000 }));

it('a sweep with nothing to do sends only what the alarm and the dashboard need', async () => {
  await service.sweep();
  expect(metricsOf(service.lastLine)).toEqual(['Pending', 'OldestPendingAge']);
  expect(service.lastLine).toMatchObject({ Pending: 0, OldestPendingAge: 0, outcome: 'swept' });
  expect(service.lastLine.duration_ms).toBeTypeOf('number');
});

it('messages that a sweep publishes count as Published, like the webhook’s', async () => {
  await storePending('a');
  await service.sweep();
  expect(service.lastLine).toMatchObject({ Published: 1, SweepPublished: 1 });
  expect(metricsOf(service.lastLine)).toContain('SweepDuration');
});

it('a sweep that publishes nothing does not count as Published', async () => {
  await storePending('refused');
  service.topic.refuses.add('refused');
  await service.sweep();
  expect(metricsOf(service.lastLine)).not.toContain('Published');
  expect(metricsOf(service.lastLine)).toEqual(
    expect.arrayContaining(['SweepPublished', 'SweepRefused', 'SweepFailed', 'SweepDuration']),
  );
});

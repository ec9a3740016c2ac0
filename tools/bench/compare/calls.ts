import { sampleOf } from '../report.ts';
import type { Contender } from './contenders.ts';
import { type Measurement, TARGETS } from './measurement.ts';
import { smsFields, webhookEvent } from './webhook-event.ts';
import type { Section, Workbench } from './workbench.ts';

export type Kind = keyof typeof TARGETS.calls;

/** How a request was answered and what it cost. */
export interface CountedAnswer {
  readonly status: number | undefined;
  /** AWS calls on the wire, attempts that were repeated included. */
  readonly calls: number;
}

export const calls: Section = {
  name: 'calls',
  about: 'AWS calls a message on the wire, by how it ends',

  async run({ bench, progress }) {
    const counted: [string, Record<Kind, CountedAnswer>][] = [];
    for (const contender of bench.contenders) {
      progress(contender.name);
      counted.push([contender.name, await countCalls(bench, contender)]);
    }
    return Object.entries(TARGETS.calls).map(
      ([kind, value]): Measurement => ({
        ...{ section: 'calls', name: `${kind} (and its status)`, unit: 'calls' },
        target: { is: 'exactly', value },
        samples: Object.fromEntries(
          counted.map(([name, byKind]) => {
            const { calls: count, status } = byKind[kind as Kind];
            return [name, sampleOf([count], String(status ?? 'error'))];
          }),
        ),
      }),
    );
  },
};

/** Sends a message of each kind and counts the calls of each. */
export async function countCalls(
  bench: Workbench,
  contender: Contender,
): Promise<Record<Kind, CountedAnswer>> {
  const { name } = contender;
  const { stub } = bench;
  await stub.call('remember', name, true);
  await using first = await bench.load(contender);
  await using second = await bench.load(contender);

  const count = async (host: typeof first, fields: Record<string, string>) => {
    const before = await stub.call('calls', name);
    // A function that throws is answered 500 by API Gateway.
    const status = await host.call('invoke', webhookEvent(fields)).catch(() => 500);
    return { status, calls: (await stub.call('calls', name)) - before };
  };

  const id = 'ca115000-0000-4000-8000-000000000001';
  const fresh = await count(first, smsFields(id));
  const duplicate = await count(first, smsFields(id));
  const conflict = await count(first, smsFields(id, 'Another text'));
  const { message_id: _, ...withoutId } = smsFields(id);
  const rejected = await count(first, withoutId);

  // Another process gets the same message while the first is still publishing it.
  const slow = smsFields('ca115000-0000-4000-8000-000000000002');
  await stub.call('hold', name, 'Publish');
  const publishing = first.call('invoke', webhookEvent(slow));
  await Promise.race([stub.call('held', name), publishing]);
  const inFlight = await count(second, slow);
  await stub.call('release', name);
  await publishing;

  return { new: fresh, duplicate, 'in flight': inFlight, conflict, rejected };
}

import type { Contender } from './contenders.ts';
import type { FunctionProcess } from './function-process.ts';
import { TARGETS } from './measurement.ts';
import type { Section } from './section.ts';
import { smsFields, webhookEvent } from './webhook-event.ts';

type Kind = keyof typeof TARGETS.calls;

/** The answer to a request, and its calls. */
interface CountedAnswer {
  readonly status: number | undefined;
  /** AWS calls on the wire, attempts that were repeated included. */
  readonly calls: number;
}

export const calls: Section = {
  name: 'calls',
  about: 'AWS calls a message on the wire, by how it ends',

  async run({ contenders, progress, record }) {
    for (const contender of contenders) {
      progress(contender.name);
      const counted = await countCalls(contender);
      for (const [kind, value] of Object.entries(TARGETS.calls)) {
        const { calls: count, status } = counted[kind as Kind];
        const target = { is: 'exactly', value } as const;
        const line = { name: `${kind} (and its status)`, unit: 'calls', target };
        record(line, contender.name, count, String(status ?? 'error'));
      }
    }
  },
};

/** Sends a message of each kind and counts the calls of each. */
export async function countCalls({ stub, load }: Contender): Promise<Record<Kind, CountedAnswer>> {
  stub.remembers = true;
  await using first = await load();
  await using second = await load();

  const count = async (host: FunctionProcess, fields: Record<string, string>) => {
    const before = stub.callCount;
    // If a function throws, API Gateway answers 500.
    const status = await host.call('invoke', webhookEvent(fields)).catch(() => 500);
    return { status, calls: stub.callCount - before };
  };

  const id = 'ca115000-0000-4000-8000-000000000001';
  const fresh = await count(first, smsFields(id));
  const duplicate = await count(first, smsFields(id));
  const conflict = await count(first, smsFields(id, 'Another text'));
  const { message_id: _, ...withoutId } = smsFields(id);
  const rejected = await count(first, withoutId);

  // Another process gets the same message while the first is still publishing it.
  const slow = smsFields('ca115000-0000-4000-8000-000000000002');
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  stub.beforeAnswer = async (operation) => {
    if (operation !== 'Publish') return;
    stub.beforeAnswer = undefined;
    held.resolve();
    await released.promise;
  };
  const publishing = first.call('invoke', webhookEvent(slow));
  await Promise.race([held.promise, publishing]);
  const inFlight = await count(second, slow);
  released.resolve();
  await publishing;

  return { new: fresh, duplicate, 'in flight': inFlight, conflict, rejected };
}

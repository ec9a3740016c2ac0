import type { AwsStub } from '../aws-stub.ts';
import type { FunctionProcess } from './function-process.ts';
import { TARGETS } from './measurement.ts';
import { newIds, rotated, type Section } from './section.ts';
import { smsFields, webhookEvent } from './webhook-event.ts';

/** Batches that are not counted: of new messages, and of duplicates. */
const WARM_UP = 8;

const DUPLICATE_ID = 'd0b1e000-0000-4000-8000-000000000000';

/** Ids of duplicates of the message that {@link warmUp} has delivered. */
export const duplicates = (count: number) => new Array<string>(count).fill(DUPLICATE_ID);

/**
 * Sends messages that are not counted: new ones, and as many duplicates. The stub remembers no new
 * message afterwards.
 */
export async function warmUp(host: FunctionProcess, stub: AwsStub, count: number): Promise<void> {
  stub.remembers = true;
  await host.call('invoke', webhookEvent(smsFields(DUPLICATE_ID)));
  stub.remembers = false;
  await host.call('deliver', newIds('ffffffff-0000-4000-8000-', count));
  await host.call('deliver', duplicates(count));
}

export const warm: Section = {
  name: 'warm',
  about: 'CPU and wall time a message, one after another, new and duplicate',
  options: {
    rounds: [12, 'batches a contender and kind that are counted'],
    batch: [500, 'messages a batch'],
  },

  async run({ contenders, number, progress, record }) {
    const [rounds, batch] = [number('rounds'), number('batch')];
    const { warmRatios, duplicateRatios } = TARGETS;
    await using resources = new AsyncDisposableStack();
    const runners = [];
    for (const { name, stub, load } of contenders) {
      progress(`${name}: ${2 * WARM_UP * batch} messages to warm up`);
      const host = resources.use(await load());
      await warmUp(host, stub, WARM_UP * batch);
      runners.push({ name, host });
    }

    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1} of ${rounds}`);
      for (const { name, host } of rotated(runners, round)) {
        const prefix = `0000${String(round).padStart(4, '0')}-0000-4000-8000-`;
        const fresh = await host.call('deliver', newIds(prefix, batch));
        const again = await host.call('deliver', duplicates(batch));
        const perMessage = (what: string, ms: number, ratioTargets: Record<string, number>) =>
          record({ name: what, unit: 'ms', ratioTargets }, name, ms / batch);
        perMessage('CPU a new message', fresh.cpuMs, warmRatios);
        perMessage('wall time a new message', fresh.wallMs, warmRatios);
        perMessage('CPU a duplicate', again.cpuMs, duplicateRatios);
        perMessage('wall time a duplicate', again.wallMs, duplicateRatios);
      }
    }
  },
};

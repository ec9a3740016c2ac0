import type { Contender } from './contenders.ts';
import { Figures, type Measurement, TARGETS } from './measurement.ts';
import { smsFields, webhookEvent } from './webhook-event.ts';
import { type FunctionHost, rotated, type Section, type SectionContext } from './workbench.ts';

/** Batches that are not counted: of new messages, and of duplicates. */
const WARM_UP = 8;

const DUPLICATE_ID = 'd0b1e000-0000-4000-8000-000000000000';

export const warm: Section = {
  name: 'warm',
  about: 'CPU and wall time a message, one after another, new and duplicate',
  options: {
    rounds: { fallback: 12, about: 'batches a contender and kind that are counted' },
    batch: { fallback: 500, about: 'messages a batch' },
  },

  async run(context) {
    const { bench, progress } = context;
    const [rounds, batch] = [context.number('rounds'), context.number('batch')];
    await using resources = new AsyncDisposableStack();
    const runners: Runner[] = [];
    for (const contender of bench.contenders) {
      progress(`${contender.name}: ${2 * WARM_UP * batch} messages to warm up`);
      const host = resources.use(await bench.load(contender));
      runners.push(await warmedUp(context, contender, host, batch));
    }

    const figures = new Figures();
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1} of ${rounds}`);
      for (const { name, host } of rotated(runners, round)) {
        const prefix = `0000${String(round).padStart(4, '0')}-0000-4000-8000-`;
        const fresh = await host.call('deliverNew', prefix, batch);
        const again = await host.call('deliverAgain', DUPLICATE_ID, batch);
        figures.add(name, {
          newCpu: fresh.cpuMs / batch,
          newWall: fresh.wallMs / batch,
          duplicateCpu: again.cpuMs / batch,
          duplicateWall: again.wallMs / batch,
        });
      }
    }
    const line = (name: string, figure: string): Measurement => ({
      ...{ section: 'warm', name, unit: 'ms', samples: figures.samples(figure) },
      ratioTargets: TARGETS.warmRatios,
    });
    return [
      line('CPU a new message', 'newCpu'),
      line('wall time a new message', 'newWall'),
      line('CPU a duplicate', 'duplicateCpu'),
      line('wall time a duplicate', 'duplicateWall'),
    ];
  },
};

interface Runner {
  readonly name: string;
  readonly host: FunctionHost;
}

async function warmedUp(
  { bench }: SectionContext,
  { name }: Contender,
  host: FunctionHost,
  batch: number,
): Promise<Runner> {
  await bench.stub.call('remember', name, true);
  await host.call('invoke', webhookEvent(smsFields(DUPLICATE_ID)));
  await bench.stub.call('remember', name, false);
  await host.call('deliverNew', 'ffffffff-0000-4000-8000-', WARM_UP * batch);
  await host.call('deliverAgain', DUPLICATE_ID, WARM_UP * batch);
  return { name, host };
}

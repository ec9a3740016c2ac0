import { type Sample, sampleOf } from '../report.ts';
import type { BundleSize, Contender } from './contenders.ts';
import { Figures, type Measurement, TARGETS } from './measurement.ts';
import { smsFields, webhookEvent } from './webhook-event.ts';
import { rotated, type Section, type SectionContext, targetOf } from './workbench.ts';

export const cold: Section = {
  name: 'cold',
  about: 'cold start: a new process to its first 200; size of the bundles',
  options: { runs: { fallback: 30, about: 'processes a contender' } },

  async run(context) {
    const { bench, progress } = context;
    const runs = context.number('runs');
    const figures = new Figures();
    for (const { name } of bench.contenders) await bench.stub.call('remember', name, false);
    // The first round fills the disk's cache and is not counted.
    for (let round = 0; round <= runs; round++) {
      if (round % 10 === 1) progress(`run ${round} of ${runs}`);
      for (const contender of rotated(bench.contenders, round)) {
        const start = await coldStart(context, contender, round);
        if (round > 0) figures.add(contender.name, start);
      }
    }
    const ratioTargets = TARGETS.coldRatios;
    const ms = (name: string, figure: string): Measurement => ({
      ...{ section: 'cold', name, unit: 'ms', samples: figures.samples(figure) },
    });
    return [
      { ...ms('import to first 200', 'wallMs'), ratioTargets },
      ms('import alone', 'importMs'),
      ms('CPU, import to first 200', 'cpuMs'),
      ...sizesOf('webhook', bench.contenders),
      ...sizesOf('sweeper', [bench.sweeper]),
    ];
  },
};

async function coldStart({ bench }: SectionContext, contender: Contender, round: number) {
  await using host = bench.start(contender);
  const event = webhookEvent(
    smsFields(`c01d5747-0000-4000-8000-${String(round).padStart(12, '0')}`),
  );
  const { status, ...figures } = await host.call('coldStart', targetOf(contender), event);
  if (status !== 200) throw new Error(`${contender.name} answered its first message ${status}`);
  return figures;
}

function sizesOf(name: string, contenders: readonly Contender[]): Measurement[] {
  const { minifiedBytes, zippedBytes } = TARGETS.bundle;
  const kilobytes = (figure: keyof BundleSize, limit: number) => ({
    ...{ section: 'cold', unit: 'KB' },
    target: { is: 'at most' as const, value: limit / 1_000 },
    samples: Object.fromEntries(
      contenders.flatMap(({ name: contender, size }): [string, Sample][] =>
        size ? [[contender, sampleOf([size[figure] / 1_000])]] : [],
      ),
    ),
  });
  return [
    { name: `${name} bundle, minified`, ...kilobytes('minifiedBytes', minifiedBytes) },
    { name: `${name} bundle, zipped`, ...kilobytes('zippedBytes', zippedBytes) },
  ];
}

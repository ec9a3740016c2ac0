import { TARGETS } from './measurement.ts';
import { newIds, rotated, type Section } from './section.ts';
import { smsFields, webhookEvent } from './webhook-event.ts';

export const cold: Section = {
  name: 'cold',
  about: 'cold start: a new process to its first 200; size of the bundles',
  options: { runs: [30, 'processes a contender'] },

  async run({ contenders, sweeper, number, progress, record }) {
    const runs = number('runs');
    for (const { stub } of contenders) stub.remembers = false;
    const ratioTargets = TARGETS.coldRatios;
    for (const [round, id] of newIds('c01d5747-0000-4000-8000-', runs + 1).entries()) {
      if (round % 10 === 1) progress(`run ${round} of ${runs}`);
      for (const { name, target, start } of rotated(contenders, round)) {
        await using host = start();
        const event = webhookEvent(smsFields(id));
        const { status, ...took } = await host.call('coldStart', target, event);
        if (status !== 200) throw new Error(`${name} answered its first message ${status}`);
        // The first round fills the disk's cache and is not counted.
        if (round === 0) continue;
        record({ name: 'import to first 200', unit: 'ms', ratioTargets }, name, took.wallMs);
        record({ name: 'import alone', unit: 'ms' }, name, took.importMs);
        record({ name: 'CPU, import to first 200', unit: 'ms' }, name, took.cpuMs);
      }
    }
    const bundles = [
      ...contenders.map((contender) => ({ ...contender, of: 'webhook' })),
      { ...sweeper, of: 'sweeper' },
    ];
    for (const { name, size, of } of bundles) {
      const kilobytes = (what: string, bytes: number, limit: number) => {
        const target = { is: 'at most', value: limit / 1_000 } as const;
        record({ name: `${of} bundle, ${what}`, unit: 'KB', target }, name, bytes / 1_000);
      };
      if (!size) continue;
      kilobytes('minified', size.minifiedBytes, TARGETS.bundle.minifiedBytes);
      kilobytes('zipped', size.zippedBytes, TARGETS.bundle.zippedBytes);
    }
  },
};

import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** What measured figures depend on, beside what is measured. */
export interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
}

export function describeMachine(): Machine {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
  };
}

/** How busy the machine was in the last minute: a figure above 1 a core disturbs what is measured. */
export function loadOfLastMinute(): number {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}

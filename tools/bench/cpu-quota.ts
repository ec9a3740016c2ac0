import { mkdir, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const PERIOD_MS = 20;
/** What a function of 512 MB has after its start: 1,769 MB are one core. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export const LAMBDA_CORES = 512 / 1_769;

/** A process that has just ended may still be in its group. */
const ATTEMPTS_TO_REMOVE = 100;
let opened = 0;

/** Limits processes to a share of a core, by a control group of Linux. The disposal removes the group. */
export interface CpuQuota extends AsyncDisposable {
  /** Why nothing is limited: the machine has no such groups, or the user may not make one. */
  readonly refusal: string | undefined;
  /** Limits a process from now on, with all of its threads. It must end before the disposal. */
  add(pid: number): Promise<void>;
}

/**
 * Makes the group. Where that is impossible, the quota limits nothing and says why.
 *
 * @param cores The share of a core, such as 0.29. It is renewed every {@link PERIOD_MS}.
 * @param root Where Linux mounts control groups.
 */
export async function openCpuQuota(cores: number, root = '/sys/fs/cgroup'): Promise<CpuQuota> {
  const period = PERIOD_MS * 1_000;
  const quota = Math.round(period * cores);
  const isVersion2 = await exists(join(root, 'cgroup.controllers'));
  const parent = isVersion2 ? root : join(root, 'cpu');
  const group = join(parent, `inbound-sms-bench-${process.pid}-${++opened}`);
  const remove = () => removeGroup(group);
  let isMade = false;
  try {
    // Docs: https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/scheduler/sched-bwc.html
    if (isVersion2) await writeFile(join(root, 'cgroup.subtree_control'), '+cpu');
    await mkdir(group);
    isMade = true;
    if (isVersion2) await writeFile(join(group, 'cpu.max'), `${quota} ${period}`);
    else {
      await writeFile(join(group, 'cpu.cfs_period_us'), String(period));
      await writeFile(join(group, 'cpu.cfs_quota_us'), String(quota));
    }
  } catch (error) {
    if (isMade) await remove();
    const { message } = error as Error;
    return { refusal: message, add: async () => {}, [Symbol.asyncDispose]: async () => {} };
  }
  return {
    refusal: undefined,
    add: (pid) => writeFile(join(group, 'cgroup.procs'), String(pid)),
    [Symbol.asyncDispose]: remove,
  };
}

async function removeGroup(group: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rmdir(group);
    } catch (error) {
      const isBusy = (error as NodeJS.ErrnoException).code === 'EBUSY';
      if (!isBusy || attempt === ATTEMPTS_TO_REMOVE) throw error;
      await delay(10);
    }
  }
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

import { readdir, readFile } from 'node:fs/promises';

/** Clock ticks a second in /proc: Linux has no other value on the platforms that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time so far, seconds. */
export interface CpuTime {
  /** Of the calling thread. */
  readonly thread: number;
  /** Of this process's children that are alive; nothing but on Linux. */
  readonly children: number | undefined;
}

export async function cpuTime(): Promise<CpuTime> {
  const { user, system } = process.threadCpuUsage();
  return { thread: (user + system) / 1e6, children: await childrenSeconds() };
}

async function childrenSeconds(): Promise<number | undefined> {
  const names = await readdir('/proc').catch(() => undefined);
  if (!names) return undefined;
  const pids = names.filter((name) => /^\d+$/.test(name));
  const seconds = await Promise.all(pids.map(secondsOfChild));
  return seconds.reduce((sum, value) => sum + value, 0);
}

/** See proc_pid_stat(5): after the name in brackets, fields 4, 14 and 15 are parent, user and system. */
async function secondsOfChild(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (Number(fields[1]) !== process.pid) return 0;
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

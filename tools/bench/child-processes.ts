/** What Linux says of this process's children in /proc; nothing on other systems. */
import { readdir, readFile } from 'node:fs/promises';

/** Clock ticks a second in /proc: Linux has no other value on the platforms that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time so far, seconds. */
export interface CpuTime {
  /** Of the calling thread. */
  readonly thread: number;
  /** Of this process's children that are alive. */
  readonly children: number | undefined;
}

export async function cpuTime(): Promise<CpuTime> {
  const { user, system } = process.threadCpuUsage();
  const files = await filesOf('stat');
  const children = files?.reduce((sum, stat) => sum + secondsOfChild(stat), 0);
  return { thread: (user + system) / 1e6, children };
}

/** See proc_pid_stat(5): after the name in brackets, fields 4, 14 and 15 are parent, user and system. */
function secondsOfChild(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (Number(fields[1]) !== process.pid) return 0;
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory, in MB, of the largest child process of this one. */
export async function largestChildMb(): Promise<number | undefined> {
  const sizes = ((await filesOf('status')) ?? []).map((status) => {
    const parent = /^PPid:\s+(\d+)/m.exec(status)?.[1];
    const kb = /^VmRSS:\s+(\d+)/m.exec(status)?.[1];
    return Number(parent) === process.pid && kb ? Number(kb) / 1024 : 0;
  });
  return Math.round(Math.max(0, ...sizes)) || undefined;
}

/** A file of every process. */
async function filesOf(name: 'stat' | 'status'): Promise<string[] | undefined> {
  const names = await readdir('/proc').catch(() => undefined);
  const pids = names?.filter((entry) => /^\d+$/.test(entry));
  return pids && Promise.all(pids.map((pid) => read(`/proc/${pid}/${name}`)));
}

/** Empty if the process has ended meanwhile. */
function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

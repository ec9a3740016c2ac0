/** This process's children, from Linux's /proc. Empty on other systems. */
import { readdir, readFile } from 'node:fs/promises';

/** Clock ticks a second in /proc: Linux has no other value on the platforms that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time so far, in seconds: of the calling thread, and of this process's children that are alive. */
export async function cpuTime(): Promise<{ thread: number; children: number | undefined }> {
  const { user, system } = process.threadCpuUsage();
  const stats = await Promise.all((await children())?.map(({ pid }) => read(pid, 'stat')) ?? []);
  // See proc_pid_stat(5): after the name in brackets, fields 14 and 15 are user and system.
  const seconds = stats.map((stat) => {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
  });
  const sum = seconds.reduce((all, each) => all + each, 0);
  return { thread: (user + system) / 1e6, children: stats.length > 0 ? sum : undefined };
}

/** Resident memory, in MB, of the largest child process of this one. */
export async function largestChildMb(): Promise<number | undefined> {
  const sizes = (await children())?.map(({ residentKb }) => residentKb / 1024) ?? [];
  return Math.round(Math.max(0, ...sizes)) || undefined;
}

async function children() {
  const names = await readdir('/proc').catch(() => undefined);
  const pids = names?.filter((name) => /^\d+$/.test(name));
  const all = pids?.map(async (pid) => {
    const status = await read(pid, 'status');
    const [parent, residentKb] = ['PPid', 'VmRSS'].map((name) =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0),
    );
    return { pid, parent, residentKb: residentKb ?? 0 };
  });
  return all && (await Promise.all(all)).filter(({ parent }) => parent === process.pid);
}

/** Empty if the process has ended meanwhile. */
function read(pid: string, name: string): Promise<string> {
  return readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
}

import { readdir, readFile } from 'node:fs/promises';

/** Resident memory, in MB, of the largest child process of this one: Linux only. */
export async function largestChildMb(): Promise<number | undefined> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const parent = /^PPid:\s+(\d+)/m.exec(status)?.[1];
      const kb = /^VmRSS:\s+(\d+)/m.exec(status)?.[1];
      return Number(parent) === process.pid && kb ? Number(kb) / 1024 : 0;
    }),
  );
  return Math.round(Math.max(0, ...sizes)) || undefined;
}

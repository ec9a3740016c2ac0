import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCpuQuota } from '../../../tools/bench/cpu-quota.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { cpuGroupsOf } from './run-command.ts';

/** Works for a second when it is told to, and tells the CPU time that it had. */
const WORKER = `process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const until = performance.now() + 1000;
  while (performance.now() < until);
  const after = process.cpuUsage();
  process.send((after.user + after.system - user - system) / 1e6);
  process.disconnect();
})`;

it('gives a process its share of a core only', async ({ skip }) => {
  // So little that a busy machine would give it more.
  await using quota = await openCpuQuota(0.05);
  if (quota.refusal !== undefined) skip(quota.refusal);
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  const worker = spawn(process.execPath, ['--eval', WORKER], { stdio: [...stdio] });
  const ended = once(worker, 'close');
  await quota.add(worker.pid ?? 0);
  worker.send('work');
  const [seconds] = await once(worker, 'message');
  await ended;
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(0.15);
});

it('leaves no group behind', async ({ skip }) => {
  const quota = await openCpuQuota(0.2);
  if (quota.refusal !== undefined) skip(quota.refusal);
  expect(await cpuGroupsOf(process.pid)).not.toEqual([]);
  await quota[Symbol.asyncDispose]();
  expect(await cpuGroupsOf(process.pid)).toEqual([]);
});

it('is written as version 2 of control groups wants it', async () => {
  const root = await temporaryDir();
  await writeFile(join(root, 'cgroup.controllers'), 'cpu');
  const quota = await openCpuQuota(0.29, root);
  expect(quota.refusal).toBeUndefined();
  await quota.add(4711);
  const name = (await readdir(root)).find((entry) => entry.startsWith('inbound-sms-')) ?? '';
  const read = (...path: string[]) => readFile(join(root, ...path), 'utf8');
  expect(await read('cgroup.subtree_control')).toBe('+cpu');
  expect(await read(name, 'cpu.max')).toBe('5800 20000');
  expect(await read(name, 'cgroup.procs')).toBe('4711');
  // The kernel's own files do not keep it from removing a group.
  await rm(join(root, name), { recursive: true });
  await mkdir(join(root, name));
  await quota[Symbol.asyncDispose]();
  expect(existsSync(join(root, name))).toBe(false);
});

it('holds back nothing where there are no control groups, and says so', async () => {
  await using quota = await openCpuQuota(0.29, join(await temporaryDir(), 'none'));
  expect(quota.refusal).toContain('ENOENT');
  await quota.add(process.pid);
});

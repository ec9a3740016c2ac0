import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openContenders } from '../../../../tools/bench/compare/contenders.ts';
import { measureLambda, remarkOf } from '../../../../tools/bench/compare/lambda.ts';
import { packageDir } from '../../../helpers/local-stack.ts';

it('measures any list of contenders, each as often as it is told', async () => {
  const { signal } = new AbortController();
  const options = { packageDir: packageDir(), withoutPeers: true, signal };
  await using opened = await openContenders(options);
  const [ours] = opened.contenders;
  if (!ours) throw new Error('The package has no webhook');

  let pid = 0;
  const start: typeof ours.start = (...args) => {
    const host = ours.start(...args);
    pid = host.pid;
    return host;
  };
  const groups: string[] = [];
  const values = new Map<string, number[]>();
  const remarks: string[] = [];
  await measureLambda(
    [ours, { ...ours, name: 'variant', start }],
    { runs: 2, latencyMs: 2, warmMessages: 10 },
    {
      record: ({ name }, contender, value) => {
        const key = `${contender}: ${name}`;
        values.set(key, [...(values.get(key) ?? []), value]);
        const isHeldBack = !remarks[0]?.includes('allows no CPU quota');
        if (key === 'variant: second message' && isHeldBack) {
          groups.push(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
        }
      },
      remark: (text) => remarks.push(text),
      progress: () => {},
    },
  );
  const counts = Object.fromEntries([...values].map(([name, { length }]) => [name, length]));
  for (const name of ['ours', 'variant']) {
    expect(counts).toMatchObject({
      [`${name}: start`]: 2,
      [`${name}: CPU of the first message`]: 2,
      [`${name}: second message`]: 2,
      [`${name}: a warm new message`]: 10,
      [`${name}: CPU of a warm duplicate`]: 10,
      [`${name}: peak resident memory`]: 1,
    });
  }
  for (const [name, all] of values) expect(Math.min(...all), name).toBeGreaterThan(0);
  for (const group of groups) expect(group).toContain(`/inbound-sms-bench-${process.pid}-`);
  expect(remarks).toEqual([expect.stringContaining('takes 2 ms')]);
}, 60_000);

it('says whether there was a CPU quota', () => {
  expect(remarkOf(4, undefined)).toContain('a process has 0.29 of a core');
  const without = remarkOf(4, 'EACCES: permission denied');
  expect(without).toContain('allows no CPU quota (EACCES: permission denied)');
  expect(without).toContain('only their CPU times count');
});

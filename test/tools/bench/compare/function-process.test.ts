import { expect, it } from 'vitest';
import { buildHost } from '../../../../tools/bench/compare/contenders.ts';
import { FunctionProcess } from '../../../../tools/bench/compare/function-process.ts';
import { temporaryDir } from '../../local/temporary-dir.ts';

it('tells the peak memory of the process, not what its parent had before', async () => {
  const ballast = Buffer.alloc(300 * 2 ** 20, 1);
  const file = await buildHost(await temporaryDir());
  const { signal } = new AbortController();
  await using host = new FunctionProcess(file, { environment: {}, signal });
  const peak = await host.call('peakRssMb');
  expect(peak).toBeGreaterThan(10);
  expect(peak).toBeLessThan(ballast.length / 2 ** 20);
});

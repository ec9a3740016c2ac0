import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Contenders, openContenders } from '../../tools/bench/compare/contenders.ts';
import { FREEZES, type Freeze, openFrozen } from '../../tools/bench/compare/freeze.ts';
import { newIds } from '../../tools/bench/compare/section.ts';
import { openTlsIdentity, type TlsIdentity } from '../../tools/bench/tls-identity.ts';
import { packageDir } from '../helpers/local-stack.ts';

let bench: Contenders;
let tls: TlsIdentity;
beforeAll(async () => {
  const { signal } = new AbortController();
  bench = await openContenders({ packageDir: packageDir(), withoutPeers: true, signal });
  tls = await openTlsIdentity();
});
afterAll(async () => {
  await tls?.[Symbol.asyncDispose]();
  await bench?.[Symbol.asyncDispose]();
});

const webhook = () => {
  const [ours] = bench.contenders;
  if (!ours) throw new Error('The package has no webhook');
  return ours;
};

it('the first message after a freeze is published by three calls, each at its first attempt', async () => {
  await using frozen = await openFrozen(webhook(), tls);
  const ids = newIds('7ba3ed00-0000-4000-8000-', 20);
  await frozen.deliver(ids.splice(0, 1));
  for (const [kind, freeze] of Object.entries<Freeze>(FREEZES)) {
    // Rejects unless the answer is 200.
    const thawed = await frozen.thaw(ids.splice(0, 1), freeze);
    const connections = freeze.ending ? 2 : 0;
    expect({ kind, ...thawed }).toMatchObject({ kind, calls: 3, lost: 0, connections });
  }
});

it('the very first message is, too, on the connections that the start opened', async () => {
  for (const [n, [kind, freeze]] of Object.entries<Freeze>(FREEZES).entries()) {
    await using frozen = await openFrozen(webhook(), tls);
    const thawed = await frozen.thaw(newIds(`7ba3ed01-000${n}-4000-8000-`, 1), freeze);
    const connections = freeze.ending ? 2 : 0;
    expect({ kind, ...thawed }).toMatchObject({ kind, calls: 3, lost: 0, connections });
  }
});

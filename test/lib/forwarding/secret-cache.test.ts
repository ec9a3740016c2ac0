import { beforeEach, expect, it } from 'vitest';
import type { SecretReading } from '../../../lib/forwarding/forwarding-ports.ts';
import { cachedSecrets } from '../../../lib/forwarding/secret-cache.ts';

const MINUTE_MS = 60_000;
let now: number;
let stored: SecretReading;
let asked: string[];
beforeEach(() => {
  now = 0;
  stored = { secret: 'old' };
  asked = [];
});

const start = () =>
  cachedSecrets(
    async (name) => {
      asked.push(name);
      return stored;
    },
    () => now,
  );

it('reads a secret once in five minutes', async () => {
  const read = start();
  await read('A');
  now = 5 * MINUTE_MS - 1;
  expect(await read('A')).toEqual({ secret: 'old' });
  expect(asked).toEqual(['A']);
});

it('uses a rotated secret after five minutes', async () => {
  const read = start();
  await read('A');
  stored = { secret: 'new' };
  now = 5 * MINUTE_MS;
  expect(await read('A')).toEqual({ secret: 'new' });
});

it('reads a secret again if it could not be read', async () => {
  const read = start();
  stored = { reason: 'secret missing' };
  expect(await read('A')).toEqual(stored);
  stored = { secret: 'set' };
  expect(await read('A')).toEqual({ secret: 'set' });
});

it('keeps each secret under its name', async () => {
  const read = start();
  await read('A');
  stored = { secret: 'of B' };
  expect(await read('B')).toEqual({ secret: 'of B' });
  expect(await read('A')).toEqual({ secret: 'old' });
});

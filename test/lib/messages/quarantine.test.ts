import { expect, it } from 'vitest';
import { quarantineIdOfBody, quarantineIdOfMessage } from '../../../lib/messages/quarantine.ts';

it('every message and every body has an id of its own', () => {
  const ids = [
    quarantineIdOfMessage('a', 'b'),
    quarantineIdOfMessage('a', 'c'),
    quarantineIdOfMessage('b', 'b'),
    quarantineIdOfMessage('a"', ',"b'),
    quarantineIdOfBody('a'),
    quarantineIdOfBody('b'),
  ];
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(ids).size).toBe(ids.length);
  expect(quarantineIdOfMessage('a', 'b')).toBe(ids[0]);
});

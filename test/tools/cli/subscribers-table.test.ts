import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { writeStatuses } from '../../../tools/cli/commands/subscribers.ts';
import { Output } from '../../../tools/cli/output.ts';
import type { SubscriberStatus } from '../../../tools/cli/subscriber-status.ts';
import { localTime } from '../../../tools/cli/times.ts';
import { fakeTerminal } from './fake-terminal.ts';

const REASON = 'connection closed before the whole answer was read';
const FAILING: SubscriberStatus = {
  ...{ name: 'crm', kind: 'https', filter: 'none', waiting: 1, oldest_ms: 1_000, dead: 0 },
  ...{ delivered_at: undefined, failed_at: Date.parse('2026-11-26T10:00:00Z'), reason: REASON },
};

/** What a terminal shows of these changes. */
async function writtenOn(columns: number, changes: Partial<SubscriberStatus> = {}) {
  const { runtime, read } = fakeTerminal({}, columns);
  await writeStatuses([{ ...FAILING, ...changes }], new Output(runtime, {}));
  return read();
}

const shownOn = async (...args: Parameters<typeof writtenOn>) =>
  stripVTControlCharacters(await writtenOn(...args));

describe('the last failure of a subscriber', () => {
  it.each([200, 160, 80])('is shown whole on a terminal of %i columns', async (columns) => {
    const shown = await shownOn(columns);
    expect(shown).toContain(REASON);
    for (const line of shown.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
  });

  it('is in the same line where there is room', async () => {
    expect((await shownOn(200)).trimEnd().split('\n')).toHaveLength(2);
  });
});

describe('the row of a subscriber', () => {
  it.each([
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_199_000, '120 min'],
    [7_200_000, '2 h'],
    [172_799_000, '48 h'],
    [172_800_000, '2 d'],
  ])('has an age of %i ms as %s', async (oldest_ms, shown) => {
    expect(await shownOn(200, { oldest_ms })).toContain(` ${shown} `);
  });

  it('says when the last delivery and the last failure were', async () => {
    const shown = await shownOn(200, { delivered_at: Date.parse('2026-11-26T09:00:00Z') });
    expect(shown).toContain(localTime(Date.parse('2026-11-26T09:00:00Z')));
    expect(shown).toContain(`${localTime(Date.parse('2026-11-26T10:00:00Z'))} ${REASON}`);
  });

  it('names deleted queues', async () => {
    const shown = await shownOn(200, { filter: 'gone', waiting: 'gone', dead: 'not allowed' });
    expect(shown).toContain('no subscription');
    expect(shown).toContain('queue gone');
    expect(shown).toContain('not allowed');
  });

  it('has no control characters of a receiver or of a filter', async () => {
    const policy = { from: ['\x1b[31mred'] };
    const filter = { policy, scope: 'MessageAttributes' } as const;
    const written = await writtenOn(200, { reason: 'was \x1b[31mred', filter });
    expect(written).toContain('red');
    expect(written).not.toContain('\x1b[31mred');
  });
});

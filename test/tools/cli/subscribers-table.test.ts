import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { writeStatuses } from '../../../tools/cli/commands/subscribers.ts';
import { Output } from '../../../tools/cli/output.ts';
import type { SubscriberStatus } from '../../../tools/cli/subscriber-status.ts';
import { fakeTerminal } from './fake-terminal.ts';

const REASON = 'connection closed before the whole answer was read';
const FAILING: SubscriberStatus = {
  ...{ name: 'crm', kind: 'https', filter: 'none', waiting: 1, oldest_ms: 1_000, dead: 0 },
  ...{ delivered_at: undefined, failed_at: Date.parse('2026-11-26T10:00:00Z'), reason: REASON },
};

async function shownOn(columns: number): Promise<string> {
  const { runtime, read } = fakeTerminal({}, columns);
  await writeStatuses([FAILING], new Output(runtime, {}));
  return stripVTControlCharacters(read());
}

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

import type { Stack } from '../stack.ts';
import { localTime } from '../times.ts';
import { type Check, finding } from './finding.ts';

/** As the alarm `pending-too-long` has it. */
const TOO_LONG_MS = 5 * 60_000;

/** Whether messages wait that should have been published long ago. */
export function backlogCheck(stack: Stack, signal: AbortSignal): Check {
  return {
    name: 'backlog',
    run: async () => {
      const archive = await stack.archive();
      const query = { isPending: true, order: 'oldest-first', limit: 1 } as const;
      const until = Date.now() - TOO_LONG_MS;
      for await (const { message_id, received_at } of archive.list(
        { ...query, until },
        { signal },
      )) {
        const detail = `${message_id} has waited since ${localTime(received_at)}`;
        const hint =
          'The sweeper does not publish it: `list --pending`, and docs/operations.md#pending-too-long';
        return [finding('backlog', 'failed', detail, { hint })];
      }
      return [finding('backlog', 'ok', 'no message waits to be published')];
    },
  };
}

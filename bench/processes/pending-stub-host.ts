/** The process of the stub that a sweep drains. */
import { backlogOf } from '../drain-backlog.ts';
import { type PendingStub, startPendingStub } from '../pending-stub.ts';
import { serve } from './serve-remote.ts';

let stub: PendingStub;

export const methods = {
  /** @returns The URL of both services. */
  async start(records: number, latencyMs: number): Promise<string> {
    stub = await startPendingStub(backlogOf(records), { latencyMs });
    return stub.url;
  },

  state() {
    const calls = Object.values(stub.calls).reduce((sum, count) => sum + count, 0);
    return { published: stub.publications.size, calls, connections: stub.connections() };
  },
};

serve(methods);

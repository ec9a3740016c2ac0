import type { SubscriberMessage } from '../protocol.ts';
import { RequestFault } from '../server/responses.ts';
import type { ConsoleLab } from '../server/source.ts';
import type { Counting } from './counting.ts';
import type { Facts } from './facts.ts';
import { CALM, type ChaosFaults } from './faults.ts';
import type { PbxDesk } from './pbx-desk.ts';
import type { PolicyTrial } from './policy-trial.ts';

export interface LabParts {
  readonly facts: Facts;
  readonly desk: PbxDesk;
  readonly faults: ChaosFaults;
  readonly counting: Counting;
  readonly trial: PolicyTrial;
  /** Runs the sweeper's function once. */
  readonly sweep: () => Promise<unknown>;
}

/** What the page may try out. */
export function createLab({ facts, desk, faults, counting, trial, sweep }: LabParts): ConsoleLab {
  return {
    send: (request) => desk.send(request),
    deliveries: () => desk.deliveries(),
    outbox: () => desk.outbox(),
    chaos: () => faults.chaos,
    setChaos(chaos) {
      faults.chaos = { ...CALM, ...chaos };
      facts.events.tell('chaos', faults.chaos);
    },
    async sweep() {
      await sweep().catch((error: Error) => {
        throw new RequestFault(`The sweeper failed: ${error.message}`);
      });
    },
    counters: () => counting.counters(),
    subscriber: () => facts.arrived.latest(),
    async filter({ policy }) {
      const messages = facts.arrived.latest();
      const matching = new Set(await trial.matching(policy, messages));
      const others = messages.filter((message) => !matching.has(message));
      return { matching: [...matching].map(idOf), others: others.map(idOf) };
    },
  };
}

function idOf({ id }: SubscriberMessage): string {
  return id;
}

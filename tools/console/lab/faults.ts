import type { AwsCall, Fault, FaultFunction } from '../../local/fault-proxy.ts';
import type { Chaos } from '../lab-protocol.ts';
import { idsOf, KILLED } from './aws-calls.ts';
import { RecentMap } from './recent-map.ts';

const CALM: Chaos = {
  snsDown: false,
  dynamodbDelayMs: 0,
  dropPutAnswer: false,
  killBeforePublish: false,
};

/** How many messages' first calls are remembered. */
const MAX_SEEN = 20_000;

interface ChaosFaults {
  chaos: Chaos;
  readonly dynamodb: FaultFunction;
  readonly sns: FaultFunction;
}

/**
 * Injects the chosen faults into the functions' calls.
 *
 * @param kill Ends the processes of the webhook's function.
 */
export function chaosFaults(kill: () => Promise<void>): ChaosFaults {
  // First calls are remembered, even if the switches are off.
  const put = new RecentMap<string, true>(MAX_SEEN);
  const published = new RecentMap<string, true>(MAX_SEEN);
  const faults: ChaosFaults = {
    chaos: CALM,
    dynamodb: (call) => {
      const { dropPutAnswer, dynamodbDelayMs: ms } = faults.chaos;
      const isFirstPut = call.operation === 'PutItem' && isFirst(call, put);
      const next: Fault | undefined =
        dropPutAnswer && isFirstPut ? { kind: 'drop-answer' } : undefined;
      return ms > 0 ? { kind: 'delay', ms, next } : next;
    },
    sns: async (call) => {
      if (!call.operation.startsWith('Publish')) return undefined;
      const { snsDown, killBeforePublish } = faults.chaos;
      const isFirstPublish = call.operation === 'Publish' && isFirst(call, published);
      if (killBeforePublish && isFirstPublish) {
        await kill();
        return KILLED;
      }
      return snsDown ? { kind: 'reset' } : undefined;
    },
  };
  return faults;
}

/** Whether it is the first call for its message. */
function isFirst(call: AwsCall, seen: RecentMap<string, true>): boolean {
  const [id] = idsOf(call);
  if (id === undefined || seen.has(id)) return false;
  seen.set(id, true);
  return true;
}

import type { AwsCall, Fault, FaultFunction } from '../../local/fault-proxy.ts';
import type { Chaos } from '../protocol.ts';
import { idsOf } from './aws-calls.ts';
import { RecentSet } from './recent-set.ts';

export const CALM: Chaos = {
  snsDown: false,
  dynamodbDelayMs: 0,
  dropPutAnswer: false,
  killBeforePublish: false,
};

const RESET: Fault = { kind: 'reset' };
/** The caller is gone, too. */
export const KILLED: Fault = { kind: 'reset' };

export interface ChaosFaults {
  chaos: Chaos;
  readonly dynamodb: FaultFunction;
  readonly sns: FaultFunction;
}

/**
 * Makes the functions' calls go wrong as the page wants it.
 *
 * @param kill Ends the processes of the webhook's function.
 */
export function chaosFaults(kill: () => Promise<void>): ChaosFaults {
  // What is first is seen whether or not it matters at the time.
  const put = new RecentSet();
  const published = new RecentSet();
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
      return snsDown ? RESET : undefined;
    },
  };
  return faults;
}

/** Whether it is the first call about its message. */
function isFirst(call: AwsCall, seen: RecentSet): boolean {
  const [id] = idsOf(call);
  return id !== undefined && seen.add(id);
}

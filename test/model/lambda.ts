import { AsyncLocalStorage } from 'node:async_hooks';
import type { Call } from './calls.ts';
import type { VirtualTime } from './virtual-time.ts';

export type FunctionName = 'webhook' | 'sweeper';

/**
 * A process that runs one invocation after the other. It stands still from when an invocation has
 * returned until the next one begins: what was left under way goes on then, after the clock jumped.
 * See https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export class Sandbox {
  readonly name: string;
  readonly runs: FunctionName;
  /** How far its clock is from the schedule's, ms. */
  readonly skewMs: number;
  state: 'awake' | 'frozen' | 'dead' = 'awake';
  readonly #mail: { readonly read: () => void; readonly lose: () => void }[] = [];

  constructor(name: string, runs: FunctionName, skewMs: number) {
    this.name = name;
    this.runs = runs;
    this.skewMs = skewMs;
  }

  get isAwake(): boolean {
    return this.state === 'awake';
  }

  /** Has the process read something that has come in from outside: when it is awake, if ever. */
  receive(read: () => void, lose: () => void = () => {}): void {
    if (this.state === 'dead') lose();
    else if (this.state === 'frozen') this.#mail.push({ read, lose });
    else read();
  }

  /** Reads what has come in while it was frozen. */
  readMail(): void {
    for (const { read } of this.#mail.splice(0)) read();
  }

  kill(): void {
    this.state = 'dead';
    for (const { lose } of this.#mail.splice(0)) lose();
  }
}

export interface Invocation {
  readonly name: string;
  readonly sandbox: Sandbox;
  readonly time: VirtualTime;
  readonly startedAt: number;
  /** When Lambda kills it. */
  readonly endsAt: number;
  /** Its handler has returned, or it was killed. */
  isOver: boolean;
  /** Calls whose answer its code waits for. */
  readonly calls: Set<Call>;
  /** What its code knows to be published, and whether the mark has been sent. */
  readonly accepted: Map<string, 'unmarked' | 'marking'>;
  /** An index did not show it the last writes. */
  sawStaleIndex: boolean;
}

const current = new AsyncLocalStorage<Invocation>();

/** Whose code runs. */
export function currentInvocation(): Invocation | undefined {
  return current.getStore();
}

export function runIn<T>(invocation: Invocation, code: () => T): T {
  return current.run(invocation, code);
}

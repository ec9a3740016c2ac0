import { AsyncLocalStorage } from 'node:async_hooks';
import type { Call } from './calls.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Of the functions, and of a person's command line. */
export type ProcessName = 'webhook' | 'sweeper' | 'operator';

/**
 * A process that runs one invocation after the other. Lambda freezes it when a handler has returned
 * and thaws it for the next invocation. Work that was left under way goes on then, after a jump in
 * time. See https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export class Sandbox {
  readonly name: string;
  readonly runs: ProcessName;
  /** The difference between its clock and the schedule's, ms. */
  readonly skewMs: number;
  state: 'awake' | 'frozen' | 'dead' = 'awake';
  readonly #mail: { readonly read: () => void; readonly lose: () => void }[] = [];

  constructor(name: string, runs: ProcessName, skewMs: number) {
    this.name = name;
    this.runs = runs;
    this.skewMs = skewMs;
  }

  get isAwake(): boolean {
    return this.state === 'awake';
  }

  /** The process reads something now, or when it thaws; it loses it if it is killed before. */
  receive(read: () => void, lose: () => void = () => {}): void {
    if (this.state === 'dead') lose();
    else if (this.state === 'frozen') this.#mail.push({ read, lose });
    else read();
  }

  /** Reads what arrived while it was frozen. */
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
  /** Calls that its code waits for. */
  readonly calls: Set<Call>;
  /** Messages that its code knows to be published, and whether the mark has been sent. */
  readonly accepted: Map<string, 'unmarked' | 'marking'>;
  /** It has read an index that lagged. */
  sawStaleIndex: boolean;
}

const current = new AsyncLocalStorage<Invocation>();

/** The invocation whose code runs. */
export function currentInvocation(): Invocation | undefined {
  return current.getStore();
}

export function runIn<T>(invocation: Invocation, code: () => T): T {
  return current.run(invocation, code);
}

import { pauseCall } from '../../lib/aws/call-within.ts';
import type { QuarantineEntry } from '../../lib/messages/quarantine.ts';
import { SWEEP_GRACE_MS } from '../../lib/messages/sweep.ts';
import { Observation, type ObservedContext } from '../../lib/telemetry/observability.ts';
import { webhookEvent } from '../fixtures/webhook-event.ts';
import { Aws } from './aws.ts';
import type { Defect } from './defect.ts';
import { type Invocation, type ProcessName, runIn, Sandbox } from './lambda.ts';
import type { Wish } from './operators.ts';
import { originOf, type PbxRequest } from './pbx-requests.ts';
import { type Handlers, LIMITS, startProcess } from './processes.ts';
import { textOf } from './quarantine-watch.ts';
import { VirtualTime } from './virtual-time.ts';

/** middy ends an invocation this long before Lambda would. */
const EARLY_END_MS = 500;
/** People who accept at the same time. */
const MAX_OPERATORS = 2;

export interface WorldOptions {
  readonly keepsOrder: boolean;
  /** The clock errors of new sandboxes, in turn. */
  readonly skewsMs: Readonly<Record<ProcessName, readonly number[]>>;
  /** Record a trace. */
  readonly traces?: boolean;
  readonly defect?: Defect | undefined;
}

/** The deployed functions on a simulated Lambda, DynamoDB and SNS. */
export class World {
  readonly time = new VirtualTime();
  readonly aws: Aws;
  /** The events in order, to find the cause of a violation. */
  readonly trace: string[] = [];
  readonly violations: string[] = [];
  /** Requests that an operator has accepted, or has begun to. */
  readonly acceptedTexts = new Set<string>();
  allowsAllNumbers = false;
  readonly #options: WorldOptions;
  readonly #handlers = new Map<Sandbox, Handlers>();
  readonly #invocations = new Set<Invocation>();
  #owners = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.aws = new Aws({
      time: this.time,
      keepsOrder: options.keepsOrder,
      graceMs: SWEEP_GRACE_MS,
      note: (line) => this.note(line),
      violated: (what) => this.violated(what),
      pause: options.defect?.pause ?? pauseCall,
    });
  }

  note(line: string): void {
    if (!this.#options.traces) return;
    this.trace.push(`${((this.time.now - 1_700_000_000_000) / 1000).toFixed(3)} s  ${line}`);
  }

  violated(what: string): void {
    this.violations.push(what);
    this.note(`VIOLATION: ${what}`);
  }

  get isAnyAtWork(): boolean {
    return [...this.#invocations].some(({ isOver }) => !isOver);
  }

  /** The PBX stamps each attempt anew, if the request has an id. */
  async post(request: PbxRequest): Promise<void> {
    const { message_id, body } = request;
    const form = new URLSearchParams({
      ...request,
      ...(message_id !== undefined && { timestamp: String(++this.#owners) }),
    });
    const event = webhookEvent(form.toString());
    await this.#invoke('webhook', body, async ({ webhook }, context) => {
      const { statusCode } = await webhook(event, context).catch(() => ({ statusCode: 503 }));
      if (statusCode === 200) return this.#check200(message_id ?? '', body);
      const { quarantined, quarantine_id } = fieldsOf(context.observation);
      if (quarantined === true) this.aws.watch.quarantined(String(quarantine_id), body);
    });
  }

  /** A deploy changes the settings. Processes that are at work keep the old ones. */
  allowAllNumbers(): void {
    this.allowsAllNumbers = true;
    for (const sandbox of this.#handlers.keys()) {
      if (sandbox.runs === 'webhook' && sandbox.state === 'frozen') this.kill(sandbox);
    }
  }

  /** An operator accepts an entry of the quarantine, or discards it. */
  async operate(entry: QuarantineEntry, wish: Wish): Promise<void> {
    const operators = [...this.#invocations].filter(
      ({ sandbox, isOver }) => sandbox.runs === 'operator' && !isOver,
    );
    if (operators.length >= MAX_OPERATORS) return;
    const text = textOf(entry) ?? '';
    if (wish !== 'discard') this.acceptedTexts.add(text);
    await this.#invoke('operator', `${wish} for ${text}`, async ({ operator }) => {
      await operator(entry.quarantine_id, wish);
    });
  }

  async sweep(): Promise<void> {
    await this.#invoke('sweeper', '', ({ sweeper }, context) => sweeper({}, context));
  }

  /** Lets time pass. Timers of awake sandboxes fire. */
  async advance(ms: number): Promise<void> {
    const until = this.time.now + ms;
    await this.#fireTimers(until);
    this.time.now = until;
  }

  kill(sandbox: Sandbox): void {
    sandbox.kill();
    this.#handlers.delete(sandbox);
    const its = [...this.#invocations].filter((invocation) => invocation.sandbox === sandbox);
    this.aws.forget(sandbox, its);
    for (const invocation of its) {
      invocation.isOver = true;
      for (const timer of this.time.timersOf(invocation)) this.time.stop(timer);
      this.#invocations.delete(invocation);
    }
  }

  /** Waits until every invocation waits for a call or a timer, or has ended. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      const timer = this.time.takeImmediate();
      if (!timer?.invocation) break;
      runIn(timer.invocation, timer.fire);
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const { name, accepted } of this.#invocations) {
      for (const [id, state] of accepted) {
        if (state === 'marking') continue;
        this.violated(`${name} knows that ${id} is published, and does not mark it at once`);
        accepted.set(id, 'marking');
      }
    }
  }

  async #invoke(
    runs: ProcessName,
    what: string,
    run: (handlers: Handlers, context: ObservedContext) => Promise<void>,
  ): Promise<void> {
    const sandbox = await this.#awaken(runs);
    const { timeoutMs } = LIMITS[runs];
    const endsAt = this.time.now + (timeoutMs ?? Number.POSITIVE_INFINITY);
    const invocation: Invocation = {
      name: `${sandbox.name}#${++this.#owners}`,
      ...{ sandbox, time: this.time, startedAt: this.time.now, endsAt },
      ...{ isOver: false, sawStaleIndex: false, calls: new Set(), accepted: new Map() },
    };
    this.#invocations.add(invocation);
    this.note(`${invocation.name} begins ${what}`);
    const outlived =
      timeoutMs !== undefined &&
      this.time.start(timeoutMs - EARLY_END_MS, () => {
        if (invocation.isOver) return;
        this.violated(`${invocation.name} outlived its time`);
        this.kill(sandbox);
      });
    const context = {
      observation: new Observation(),
      awsRequestId: invocation.name,
      getRemainingTimeInMillis: () => endsAt - this.time.now,
    } as ObservedContext;
    const ended = () => {
      if (outlived) this.time.stop(outlived);
      if (!invocation.isOver) this.#freeze(invocation);
    };
    runIn(invocation, () => run(this.#handlersOf(sandbox), context)).then(ended, ended);
  }

  /** The handler has returned, or the command: nothing may be under way. */
  #freeze(invocation: Invocation): void {
    invocation.isOver = true;
    invocation.sandbox.state = 'frozen';
    this.note(`${invocation.name} returns`);
    const left = [...invocation.calls].map(({ operation, ids }) => [operation, ...ids].join(' '));
    for (const { isBackground } of this.time.timersOf(invocation)) {
      if (!isBackground) left.push('a timer');
    }
    if (left.length > 0) {
      this.violated(`${invocation.name} returned and left under way: ${left.join(', ')}`);
    } else if (invocation.accepted.size === 0) {
      this.#invocations.delete(invocation);
    }
    if (invocation.sandbox.runs === 'operator') this.kill(invocation.sandbox);
  }

  /** Finds or starts a sandbox for an invocation. In a frozen one, due timers fire first. */
  async #awaken(runs: ProcessName): Promise<Sandbox> {
    const all = [...this.#handlers.keys()];
    const idle = all.find((sandbox) => sandbox.runs === runs && sandbox.state === 'frozen');
    if (!idle) {
      const skews = this.#options.skewsMs[runs];
      const count = ++this.#owners;
      const sandbox = new Sandbox(`${runs}-${count}`, runs, skews[count % skews.length] ?? 0);
      this.#handlersOf(sandbox);
      return sandbox;
    }
    idle.state = 'awake';
    await this.#fireTimers(this.time.now);
    idle.readMail();
    await this.settle();
    return idle;
  }

  async #fireTimers(until: number): Promise<void> {
    for (;;) {
      const timer = this.time.takeDue(until);
      if (!timer) return;
      if (timer.invocation) runIn(timer.invocation, timer.fire);
      else timer.fire();
      await this.settle();
    }
  }

  /** Sets up a process as functions/ does. */
  #handlersOf(sandbox: Sandbox): Handlers {
    const existing = this.#handlers.get(sandbox);
    if (existing) return existing;
    const { keepsOrder, defect } = this.#options;
    const handlers = startProcess({
      send: this.aws.send,
      keepsOrder,
      now: () => this.time.now + sandbox.skewMs,
      newOwner: () => `owner-${++this.#owners}`,
      allowsAllNumbers: this.allowsAllNumbers,
      defect,
    });
    this.#handlers.set(sandbox, handlers);
    return handlers;
  }

  /** The text may be one that an operator has set, when the request was refused before. */
  #check200(messageId: string, body: string): void {
    const stored = this.aws.table.items.get(messageId)?.body?.S ?? '';
    const isPublished = this.aws.sns.publicationsOf(messageId).some((p) => p.body === stored);
    if (originOf(stored) !== body || !isPublished) {
      this.violated(`200 for ${messageId}, which is not stored and published`);
    }
  }
}

/** What an invocation has noted for its log line. */
function fieldsOf(observation: Observation): Record<string, unknown> {
  return JSON.parse(observation.toLine('', { service: '', stage: '' }, 0));
}

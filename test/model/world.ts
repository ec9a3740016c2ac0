import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SNSClient } from '@aws-sdk/client-sns';
import { pauseCall } from '../../lib/aws/call-within.ts';
import { DynamoDBMessageStore } from '../../lib/aws/message-store.ts';
import { SNSMessageTopic } from '../../lib/aws/message-topic.ts';
import { anyAllowed } from '../../lib/http/allow-lists.ts';
import { Tokens } from '../../lib/http/tokens.ts';
import type { MessageRecord } from '../../lib/messages/message-record.ts';
import { notificationsIn } from '../../lib/messages/notification.ts';
import { SWEEP_GRACE_MS } from '../../lib/messages/sweep.ts';
import { scheduledSweep } from '../../lib/scheduled-sweep.ts';
import { Observation, type ObservedContext } from '../../lib/telemetry/observability.ts';
import { webhook } from '../../lib/webhook.ts';
import { webhookEvent } from '../fixtures/webhook-event.ts';
import { Aws } from './aws.ts';
import type { Defect, Parts } from './defect.ts';
import { type FunctionName, type Invocation, runIn, Sandbox } from './lambda.ts';
import { VirtualTime } from './virtual-time.ts';

/** As functions/ and serverless.yml have it. */
const FUNCTIONS = {
  webhook: { timeoutMs: 10_000, leaseMs: 30_000 },
  sweeper: { timeoutMs: 55_000, leaseMs: 90_000 },
};
/** middy ends an invocation this long before Lambda would. */
const EARLY_END_MS = 500;
const SETTINGS = {
  tokens: new Tokens([{ hash: createHash('sha256').update('test').digest() }]),
  edgeSecrets: undefined,
  isSourceAllowed: anyAllowed,
  isNumberAllowed: anyAllowed,
};

export interface WorldOptions {
  readonly keepsOrder: boolean;
  /** The clock errors of new sandboxes, in turn. */
  readonly skewsMs: Readonly<Record<FunctionName, readonly number[]>>;
  /** Record a trace. */
  readonly traces?: boolean;
  readonly defect?: Defect | undefined;
}

export interface Handlers {
  readonly webhook: ReturnType<typeof webhook>;
  readonly sweeper: ReturnType<typeof scheduledSweep>;
}

/** The deployed functions on a simulated Lambda, DynamoDB and SNS. */
export class World {
  readonly time = new VirtualTime();
  readonly aws: Aws;
  /** The events in order, to find the cause of a violation. */
  readonly trace: string[] = [];
  readonly violations: string[] = [];
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

  async post({ message_id, body, from }: MessageRecord): Promise<void> {
    const form = new URLSearchParams({ message_id, body, from, sms_number: '+61400000002' });
    const event = webhookEvent(form.toString());
    await this.#invoke('webhook', message_id, async ({ webhook }, context) => {
      const { statusCode } = await webhook(event, context).catch(() => ({ statusCode: 503 }));
      if (statusCode === 200) this.#check200(message_id, body);
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
    runs: FunctionName,
    what: string,
    run: (handlers: Handlers, context: ObservedContext) => Promise<void>,
  ): Promise<void> {
    const sandbox = await this.#awaken(runs);
    const { timeoutMs } = FUNCTIONS[runs];
    const endsAt = this.time.now + timeoutMs;
    const invocation: Invocation = {
      name: `${sandbox.name}#${++this.#owners}`,
      ...{ sandbox, time: this.time, startedAt: this.time.now, endsAt },
      ...{ isOver: false, sawStaleIndex: false, calls: new Set(), accepted: new Map() },
    };
    this.#invocations.add(invocation);
    this.note(`${invocation.name} begins ${what}`);
    const outlived = this.time.start(timeoutMs - EARLY_END_MS, () => {
      if (invocation.isOver) return;
      this.violated(`${invocation.name} outlived its time`);
      this.kill(sandbox);
    });
    const context = {
      observation: new Observation(),
      getRemainingTimeInMillis: () => endsAt - this.time.now,
    } as ObservedContext;
    const ended = () => {
      this.time.stop(outlived);
      if (!invocation.isOver) this.#freeze(invocation);
    };
    runIn(invocation, () => run(this.#handlersOf(sandbox), context)).then(ended, ended);
  }

  /** The handler has returned: nothing may be under way. */
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
  }

  /** Finds or starts a sandbox for an invocation. In a frozen one, due timers fire first. */
  async #awaken(runs: FunctionName): Promise<Sandbox> {
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
    const { defect } = this.#options;
    const send = defect?.send?.(this.aws.send) ?? this.aws.send;
    const parts: Parts = {
      store: new DynamoDBMessageStore({ send } as unknown as DynamoDBClient, 'messages'),
      topic: new SNSMessageTopic(
        { send } as unknown as SNSClient,
        this.#options.keepsOrder ? 'arn:messages.fifo' : 'arn:messages',
      ),
      toNotification,
      now: () => this.time.now + sandbox.skewMs,
      newOwner: () => `owner-${++this.#owners}`,
      retentionMs: 1,
    };
    const dependencies = defect?.parts?.(parts) ?? parts;
    const real: Handlers = {
      webhook: webhook(SETTINGS, {
        ...{ ...dependencies, leaseMs: FUNCTIONS.webhook.leaseMs },
        keepRefused: async () => true,
      }),
      sweeper: scheduledSweep({
        ...{ ...dependencies, graceMs: SWEEP_GRACE_MS, concurrency: 2 },
        leaseMs: FUNCTIONS.sweeper.leaseMs,
      }),
    };
    const handlers = defect?.handlers?.(real) ?? real;
    this.#handlers.set(sandbox, handlers);
    return handlers;
  }

  #check200(messageId: string, body: string): void {
    const stored = this.aws.table.items.get(messageId);
    const isPublished = this.aws.sns.publicationsOf(messageId).some((p) => p.body === body);
    if (stored?.body?.S !== body || !isPublished) {
      this.violated(`200 for ${messageId}, which is not stored and published`);
    }
  }
}

const toNotification = notificationsIn('inbound-sms');

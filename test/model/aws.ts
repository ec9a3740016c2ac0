import { AsyncLocalStorage } from 'node:async_hooks';
import type { QueryCommand } from '@aws-sdk/client-dynamodb';
import { callAbort } from '../../lib/aws/call-within.ts';
import { type Call, type CallFault, describeCommand, type Outcome } from './calls.ts';
import { currentInvocation, type Invocation, type Sandbox } from './lambda.ts';
import { type ErrorName, MemorySns, sdkError } from './memory-sns.ts';
import { MemoryTable } from './memory-table.ts';
import { Watch, type WatchOptions } from './watch.ts';

/** The SDK's longest pause between two attempts: see aws-clients.ts. */
const BACKOFF_MS = 2_000;
/** How long the SDK takes to end a request that is aborted. */
const ABORT_MS = 10;
/** A mark has at least this long, which is one attempt of the SDK. */
const FAIR_MS = 1_500;
/** How many writes an index may be behind. */
const LAG = 4;

export interface AwsOptions extends WatchOptions {
  readonly note: (line: string) => void;
  /** How the SDK pauses between two attempts, ms. */
  readonly pause: (ms: number) => Promise<void>;
}

/**
 * DynamoDB and SNS behind the SDK's clients. The schedule decides when a call happens and how it goes
 * wrong.
 */
export class Aws {
  readonly table = new MemoryTable();
  readonly sns = new MemorySns();
  readonly watch: Watch;
  readonly waiting: Call[] = [];
  /** How many calls were made. */
  calls = 0;
  /** Messages, once for each event that may have caused a second publication. */
  readonly excuses: string[] = [];
  readonly #options: AwsOptions;

  constructor(options: AwsOptions) {
    this.#options = options;
    this.watch = new Watch(this.table, this.sns, options);
  }

  /** Stands in for `send` of both SDK clients. */
  readonly send = (command: object): Promise<Record<string, unknown>> => {
    const invocation = currentInvocation();
    if (!invocation) throw new Error('A call of no invocation');
    const { operation, ids } = describeCommand(command);
    if (operation === 'Query' && this.#isEmptyShard(command)) {
      return Promise.resolve({ Items: [], Count: 0 });
    }
    return new Promise((resolve, reject) => {
      const call: Call = {
        ...{ number: ++this.calls, invocation, operation, ids, command, resolve, reject },
        ...{ sentAt: this.#options.time.now },
        ...{ isSettled: false, inContext: AsyncLocalStorage.snapshot() },
      };
      if (callAbort()?.aborted) return reject(sdkError('AbortError'));
      this.#endOnAbort(call);
      invocation.calls.add(call);
      for (const id of operation === 'mark' ? ids : []) {
        if (invocation.accepted.has(id)) invocation.accepted.set(id, 'marking');
      }
      if (invocation.isOver)
        this.#options.violated(`${describe(call)} was sent after its handler returned`);
      // A frozen process sends the call when it thaws, unless the call was aborted by then.
      invocation.sandbox.receive(() => {
        if (!call.isSettled) this.waiting.push(call);
      });
    });
  };

  /** Lets a waiting call happen. Returns the process that the fault kills, if any. */
  happen(pick: number, fault: CallFault): Sandbox | undefined {
    const [call] = this.waiting.splice(pick % Math.max(1, this.waiting.length), 1);
    if (!call) return undefined;
    const how = typeof fault === 'string' ? fault : fault.error;
    this.#options.note(`${describe(call)}: ${call.outcome ? 'its answer comes' : how}`);
    if (call.outcome) {
      this.#answer(call, call.outcome);
      return undefined;
    }
    if (typeof fault === 'object') this.#fail(call, fault.error);
    else this.#go(call, fault, pick);
    return how.startsWith('crash') ? call.invocation.sandbox : undefined;
  }

  #go(call: Call, fault: CallFault & string, pick: number): void {
    switch (fault) {
      case 'none':
        this.#answer(call, this.#apply(call));
        break;
      case 'stale index':
        this.#answer(call, this.#apply(call, { lag: 1 + (pick % LAG) }));
        break;
      case 'entry fails': {
        const failing = call.ids[pick % call.ids.length];
        if (call.operation !== 'PublishBatch') this.#fail(call, 'InternalErrorException');
        else this.#answer(call, this.#apply(call, { failing }));
        break;
      }
      case 'lost answer':
        this.#lose(this.#apply(call));
        this.#fail(call, 'TimeoutError');
        break;
      case 'sent again':
        this.#lose(this.#apply(call));
        this.#answer(call, this.#apply(call));
        break;
      case 'late':
        this.waiting.push({ ...call, isSettled: true });
        this.#fail(call, 'TimeoutError');
        break;
      case 'twice':
        this.#answer(call, this.#apply(call));
        this.waiting.push({ ...call, isSettled: true });
        break;
      case 'slow answer':
        call.outcome = this.#apply(call);
        this.waiting.push(call);
        break;
      case 'backoff':
        this.#backOff(call);
        break;
      case 'crash before':
        this.#settle(call);
        break;
      case 'crash after':
        this.#lose(this.#apply(call));
        this.#settle(call);
        break;
    }
  }

  /** A process was killed. Requests that it has sent may still arrive. */
  forget(sandbox: Sandbox, invocations: Iterable<Invocation>): void {
    for (const call of this.waiting.filter(({ invocation }) => invocation.sandbox === sandbox)) {
      call.isSettled = true;
      if (call.outcome) this.#lose(call.outcome);
      if (call.outcome || isLostOnTheWay(call)) this.#drop(call);
    }
    for (const { accepted } of invocations) {
      this.excuses.push(...accepted.keys());
      accepted.clear();
    }
  }

  #answer(call: Call, outcome: Outcome): void {
    if (call.isSettled) {
      this.#lose(outcome);
      return;
    }
    const { sandbox, accepted } = call.invocation;
    const read = () => {
      if (call.isSettled) {
        this.#lose(outcome);
        return;
      }
      this.#settle(call);
      if ('error' in outcome) {
        call.reject(outcome.error);
        return;
      }
      for (const id of outcome.accepted) accepted.set(id, 'unmarked');
      call.resolve(outcome.answer);
    };
    sandbox.receive(read, () => this.#lose(outcome));
  }

  #fail(call: Call, name: ErrorName): void {
    if (call.isSettled) return;
    if (call.operation === 'mark') this.#excuseMark(call);
    call.invocation.sandbox.receive(() => {
      if (call.isSettled) return;
      this.#settle(call);
      call.reject(sdkError(name));
    });
  }

  /** The code will never know that these messages were published. */
  #lose(outcome: Outcome): void {
    if ('accepted' in outcome) this.excuses.push(...outcome.accepted);
  }

  #settle(call: Call): void {
    call.isSettled = true;
    call.invocation.calls.delete(call);
  }

  #drop(call: Call): void {
    const index = this.waiting.indexOf(call);
    if (index >= 0) this.waiting.splice(index, 1);
  }

  /** An attempt failed, and the SDK pauses before the next one. */
  #backOff(call: Call): void {
    if (call.isSettled) return;
    const next = () => {
      this.#endOnAbort(call);
      this.waiting.push(call);
    };
    const end = (error: Error) => this.#endAborted(call, error);
    call.inContext(() => this.#options.pause(BACKOFF_MS).then(next, end));
  }

  #endOnAbort(call: Call): void {
    call.inContext(callAbort)?.addEventListener('abort', () => this.#abort(call));
  }

  #abort(call: Call): void {
    if (call.isSettled) return;
    // The code reads no answer that arrives after the abort.
    call.isSettled = true;
    if (call.outcome) this.#lose(call.outcome);
    if (call.outcome || isLostOnTheWay(call)) this.#drop(call);
    const end = () => this.#endAborted(call, sdkError('AbortError'));
    this.#options.time.start(ABORT_MS, end, call.invocation, true);
  }

  #endAborted(call: Call, error: Error): void {
    this.#options.note(`${describe(call)}: aborted`);
    if (call.operation === 'mark') {
      const ms = this.#options.time.now - call.sentAt;
      const isFair = ms >= FAIR_MS || !call.invocation.accepted.has(call.ids[0] ?? '');
      if (!isFair) this.#options.violated(`${describe(call)} was given up after ${ms} ms`);
      this.#excuseMark(call);
    }
    this.#settle(call);
    call.reject(error);
  }

  #excuseMark({ invocation, ids }: Call): void {
    for (const id of ids) if (invocation.accepted.delete(id)) this.excuses.push(id);
  }

  #apply(call: Call, { lag = 0, failing }: ApplyOptions = {}): Outcome {
    const { command, ids, invocation, operation } = call;
    if (lag > 0 && operation === 'Query') invocation.sawStaleIndex = true;
    const isPublish = operation.startsWith('Publish');
    const published = this.sns.published.length;
    try {
      const answer = isPublish
        ? this.sns.execute(command, failing)
        : this.table.execute(command, lag);
      const accepted = this.sns.published.slice(published).map(({ message_id }) => message_id);
      for (const id of accepted) this.watch.published(id, invocation);
      const written = isPublish || operation === 'GetItem' ? [] : ids;
      for (const id of written) this.watch.wrote(id, call);
      if (operation === 'mark') for (const id of ids) invocation.accepted.delete(id);
      return { answer, accepted };
    } catch (error) {
      return { error: error as Error };
    }
  }

  /** Empty shards are answered at once: waiting for them would use up most schedules. */
  #isEmptyShard(command: object): boolean {
    const shard = (command as QueryCommand).input.ExpressionAttributeValues?.[':shard']?.S;
    for (const item of this.table.items.values()) {
      if (item.timeline_shard?.S === shard) return false;
    }
    return true;
  }
}

interface ApplyOptions {
  /** How many writes the index is behind. */
  readonly lag?: number;
  /** The entry of a batch that fails for now. */
  readonly failing?: string | undefined;
}

/** Half of the aborted requests never reach the service. */
function isLostOnTheWay({ number }: Call): boolean {
  return number % 2 === 1;
}

function describe({ invocation, operation, ids }: Call): string {
  return [invocation.name, operation, ...ids].join(' ');
}

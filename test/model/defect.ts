import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { QuarantineStore } from '../../lib/messages/quarantine.ts';
import type { SweepDependencies } from '../../lib/messages/sweep-run.ts';
import type { Aws } from './aws.ts';
import type { OperatorParts } from './operators.ts';
import type { Handlers } from './processes.ts';

/** What a function is made of, its lease aside. */
export type Parts = Omit<SweepDependencies, 'leaseMs' | 'graceMs' | 'concurrency'>;

/**
 * A deliberate defect: parts that break the guarantee, in place of the real ones. They are made anew for
 * each sandbox. The model must catch each.
 */
export interface Defect {
  readonly name: string;
  /** What the adapters send their commands with. */
  readonly send?: (send: Aws['send']) => Aws['send'];
  readonly parts?: (parts: Parts) => Parts;
  /** Where the webhook keeps what it refuses. */
  readonly quarantine?: (store: QuarantineStore) => QuarantineStore;
  readonly operator?: (parts: OperatorParts) => OperatorParts;
  readonly handlers?: (handlers: Handlers) => Handlers;
  /** Timers are never cleared. */
  readonly keepsTimers?: boolean;
  /** How the SDK pauses between two attempts. */
  readonly pause?: (ms: number) => Promise<void>;
}

type Store = Parts['store'];
type Topic = Parts['topic'];

/** Parts with another store. Methods that `change` does not return stay. */
export function withStore(change: (store: Store) => Partial<Store>): Pick<Defect, 'parts'> {
  return { parts: (parts) => ({ ...parts, store: changed(parts.store, change(parts.store)) }) };
}

/** Parts with another topic. */
export function withTopic(
  change: (topic: Topic, parts: Parts) => Partial<Topic>,
): Pick<Defect, 'parts'> {
  return {
    parts: (parts) => ({ ...parts, topic: changed(parts.topic, change(parts.topic, parts)) }),
  };
}

/** Both ports, with every call that is given a deadline made by `call`. */
export function withCalls(
  call: <T>(deadline: AbortSignal, run: (deadline?: AbortSignal) => Promise<T>) => Promise<T>,
): Pick<Defect, 'parts'> {
  const watched = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (_, property) => {
        const value: unknown = Reflect.get(port, property);
        if (typeof value !== 'function' || property === 'publishBatch') {
          return typeof value === 'function' ? value.bind(port) : value;
        }
        return (...args: unknown[]) => {
          const deadline = args.at(-1);
          if (!(deadline instanceof AbortSignal)) return value.apply(port, args);
          return call(deadline, (other) => value.apply(port, [...args.slice(0, -1), other]));
        };
      },
    });
  return {
    parts: (parts) => ({ ...parts, store: watched(parts.store), topic: watched(parts.topic) }),
  };
}

/** A port with other methods. */
export function changed<Port extends object>(port: Port, changes: Partial<Port>): Port {
  return new Proxy(port, {
    get: (_, property) => {
      const value: unknown = Reflect.get(property in changes ? changes : port, property);
      return typeof value === 'function' ? value.bind(port) : value;
    },
  });
}

/**
 * Changes the text of every update's expression or condition that holds `find`.
 *
 * @param of Only in updates whose expression holds this.
 */
export function withUpdates(
  part: 'UpdateExpression' | 'ConditionExpression',
  find: string,
  replace: string,
  of = '',
): Pick<Defect, 'send'> {
  return withCommands((command) => {
    if (!(command instanceof UpdateItemCommand)) return;
    const { input } = command;
    if (!input.UpdateExpression?.includes(of)) return;
    input[part] = input[part]?.replaceAll(find, replace);
  });
}

/** Changes commands before they are sent. */
export function withCommands(change: (command: object) => void): Pick<Defect, 'send'> {
  return {
    send: (send) => (command) => {
      change(command);
      return send(command);
    },
  };
}

/** Gives the adapters other errors than those that AWS answers. */
export function withErrors(change: (error: Error, command: object) => Error): Pick<Defect, 'send'> {
  return {
    send: (send) => (command) =>
      send(command).catch((error: Error) => {
        throw change(error, command);
      }),
  };
}

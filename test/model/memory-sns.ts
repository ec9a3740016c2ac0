import { PublishBatchCommand, PublishCommand } from '@aws-sdk/client-sns';
import { contractFaults } from '../helpers/notification-contract.ts';

/** One accepted publication. */
export interface Publication {
  readonly message_id: string;
  readonly body: string;
}

/**
 * How SNS refuses a message each time, though the topic works:
 * - `entry`: its entry fails by the sender's fault.
 * - `batch`: it has the whole call refused, with a code for invalid content.
 * - `unknown entry`, `unknown batch`: the same with an undocumented code.
 * - `outage`: every call that holds it fails as if the topic were down.
 */
export type Poison = 'entry' | 'batch' | 'unknown entry' | 'unknown batch' | 'outage';

const ERROR_OF = {
  entry: 'InvalidParameterException',
  batch: 'InvalidParameterException',
  'unknown entry': 'UnheardOfException',
  'unknown batch': 'UnheardOfException',
  outage: 'InternalErrorException',
} as const;

interface Entry {
  readonly Id?: string | undefined;
  readonly Message: string | undefined;
  readonly Subject?: string | undefined;
  readonly MessageAttributes?:
    | Record<string, { readonly StringValue?: string | undefined }>
    | undefined;
}

/** An SNS topic in memory that executes the commands of the real adapter. */
export class MemorySns {
  readonly published: Publication[] = [];
  readonly poison = new Map<string, Poison>();
  /** Ways in which something published breaks the contract with subscribers. */
  readonly contractFaults: string[] = [];
  #checkedBodies = new Set<string>();

  /**
   * @param failing An entry of the batch that fails for now.
   * @throws {Error} Named as the SDK names it.
   */
  execute(command: object, failing?: string): Record<string, unknown> {
    if (command instanceof PublishCommand) {
      const poison = this.poison.get(idOf(command.input as Entry));
      if (poison) throw sdkError(ERROR_OF[poison]);
      return { MessageId: this.#publish(command.input as Entry) };
    }
    if (!(command instanceof PublishBatchCommand)) {
      throw new Error(`The topic does not know ${command.constructor.name}`);
    }
    const entries = (command.input.PublishBatchRequestEntries ?? []) as Entry[];
    const poisons = entries.map((entry) => this.poison.get(idOf(entry)));
    const refusal = (['outage', 'unknown batch', 'batch'] as const).find((one) =>
      poisons.includes(one),
    );
    if (refusal) throw sdkError(ERROR_OF[refusal]);
    const Successful: object[] = [];
    const Failed: object[] = [];
    for (const [index, entry] of entries.entries()) {
      const { Id } = entry;
      const poison = poisons[index];
      if (poison) Failed.push({ Id, Code: ERROR_OF[poison], SenderFault: true });
      else if (idOf(entry) === failing)
        Failed.push({ Id, Code: 'InternalError', SenderFault: false });
      else Successful.push({ Id, MessageId: this.#publish(entry) });
    }
    return { Successful, Failed };
  }

  publicationsOf(messageId: string): Publication[] {
    return this.published.filter(({ message_id }) => message_id === messageId);
  }

  #publish(entry: Entry): string {
    const { Message: message = '', Subject: subject, MessageAttributes = {} } = entry;
    const body = String(JSON.parse(message).body);
    this.published.push({ message_id: idOf(entry), body });
    // The few bodies that the model posts are published thousands of times.
    if (!this.#checkedBodies.has(body)) {
      this.#checkedBodies.add(body);
      const attributes = Object.fromEntries(
        Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [
          name,
          StringValue,
        ]),
      );
      this.contractFaults.push(
        ...contractFaults({ message, attributes, ...(subject !== undefined && { subject }) }),
      );
    }
    return `sns-${this.published.length}`;
  }
}

/** The HTTP status that comes with an error; without one there was no answer. */
const STATUS_OF = {
  AbortError: undefined,
  TimeoutError: undefined,
  AuthorizationErrorException: 403,
  InternalErrorException: 500,
  InvalidParameterException: 400,
  ThrottledException: 429,
  UnheardOfException: 400,
};

export type ErrorName = keyof typeof STATUS_OF;

/** An error as the SDK throws it. */
export function sdkError(name: ErrorName): Error {
  const httpStatusCode = STATUS_OF[name];
  const $metadata = httpStatusCode === undefined ? {} : { httpStatusCode };
  return Object.assign(new Error(name), { name, $metadata });
}

function idOf({ MessageAttributes }: Entry): string {
  return MessageAttributes?.message_id?.StringValue ?? '';
}

/** The messages that a command publishes. */
export function idsPublishedBy(command: object): string[] {
  if (command instanceof PublishCommand) return [idOf(command.input as Entry)];
  if (!(command instanceof PublishBatchCommand)) return [];
  return (command.input.PublishBatchRequestEntries ?? []).map((entry) => idOf(entry as Entry));
}

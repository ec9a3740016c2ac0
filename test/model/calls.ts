import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { quarantineKeyOf } from '../../lib/aws/quarantine-item.ts';
import type { Invocation } from './lambda.ts';
import { type ErrorName, idsPublishedBy } from './memory-sns.ts';

/** What happens to a call that the schedule picks. */
export type CallFault =
  | 'none'
  /** The call fails, and is not applied. */
  | { readonly error: ErrorName }
  /** One entry of a batch fails for now; any other call fails as a whole. */
  | 'entry fails'
  /** Applied, but the answer is lost: the caller sees an error. */
  | 'lost answer'
  /** Applied, the answer lost, and sent again by the SDK. */
  | 'sent again'
  /** The caller sees an error, and it is applied later. */
  | 'late'
  /** Applied and answered, and applied once more later: an earlier attempt of the SDK's was slow. */
  | 'twice'
  /** Applied, and the answer takes its time. */
  | 'slow answer'
  /** The SDK waits before its next attempt, and sees an abort only after that. */
  | 'backoff'
  /** An index does not show the last writes; any other call is answered. */
  | 'stale index'
  /** The process dies before the call is applied. */
  | 'crash before'
  /** The process dies after the call was applied. */
  | 'crash after';

/** What became of an applied call. */
export type Outcome =
  | { readonly answer: Record<string, unknown>; readonly accepted: readonly string[] }
  | { readonly error: Error };

/** One AWS call that waits for the schedule to let it happen. */
export interface Call {
  readonly number: number;
  readonly invocation: Invocation;
  readonly operation: string;
  /** The messages that it is about. */
  readonly ids: readonly string[];
  readonly command: object;
  readonly sentAt: number;
  /** Has the answer that is under way, if it was applied. */
  outcome?: Outcome;
  /** The code does not wait for its answer any more. */
  isSettled: boolean;
  /** Runs code where the call was made. */
  readonly inContext: <T>(code: () => T) => T;
  readonly resolve: (answer: Record<string, unknown>) => void;
  readonly reject: (error: Error) => void;
}

/** What a command does, and to which messages. */
export function describeCommand(command: object): Pick<Call, 'operation' | 'ids'> {
  const { input } = command as {
    readonly input: {
      readonly Key?: { readonly message_id?: { readonly S?: string } };
      readonly Item?: { readonly message_id?: { readonly S?: string } };
    };
  };
  const id = (input.Key ?? input.Item)?.message_id?.S;
  return {
    operation:
      command instanceof UpdateItemCommand
        ? operationOf(command.input.UpdateExpression ?? '', id)
        : command.constructor.name.replace('Command', ''),
    ids: id === undefined ? idsPublishedBy(command) : [id],
  };
}

/** What the keys of the quarantine begin with, and those of its counters of a day. */
const QUARANTINE = quarantineKeyOf('');
const ALLOWANCE = quarantineKeyOf('allowance ');

export const isQuarantineEntry = (key: string): boolean =>
  key.startsWith(QUARANTINE) && !key.startsWith(ALLOWANCE);

export const isMessage = (key: string): boolean => !key.startsWith(QUARANTINE);

function operationOf(update: string, key = ''): string {
  if (isQuarantineEntry(key)) return operationOnEntry(update);
  if (!isMessage(key)) return 'take allowance';
  if (update.includes('published_at')) return 'mark';
  return update.startsWith('REMOVE') ? 'release' : 'claim';
}

function operationOnEntry(update: string): string {
  if (update.includes('last_request')) return 'keep';
  if (update.includes('discarded_at')) return 'discard';
  if (update.includes('accepted_at')) return 'finish acceptance';
  return update.startsWith('REMOVE') ? 'withdraw acceptance' : 'begin acceptance';
}

/** Who a mark or a release is made for. */
export function writerOf(command: object): string | undefined {
  if (!(command instanceof UpdateItemCommand)) return undefined;
  return command.input.ExpressionAttributeValues?.[':owner']?.S;
}

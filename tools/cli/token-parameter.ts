import { randomBytes } from 'node:crypto';
import type { SSM } from '@aws-sdk/client-ssm';
import {
  formatStoredTokens,
  isNotThere,
  MAX_PARAMETER_BYTES,
  parseStoredTokens,
  readWithAllChanges,
} from '../../infra/plugin/stored-tokens.js';
import { checkTokens, MAX_TOKENS } from '../../infra/plugin/webhook-tokens.js';
import { abortable } from '../archive/abortable.ts';
import { CliError, EXIT } from './cli-error.ts';

type StoredVersion = NonNullable<Awaited<ReturnType<typeof readWithAllChanges>>>;
export type StoredToken = StoredVersion['tokens'][number];
type Tokens = readonly StoredToken[];

/** 192 random bits, in characters that need no escape in a URL. */
export const newToken = () => randomBytes(24).toString('base64url');

/** @throws {CliError} If the stored tokens break the rules, with the message of a deploy. */
export function checkStored(tokens: Tokens, parameter: string): Tokens {
  try {
    checkTokens(
      tokens.map(({ token }) => token),
      parameter,
    );
    return tokens;
  } catch (error) {
    throw new CliError(EXIT.failed, (error as Error).message);
  }
}

/** The parameter with the tokens of a stage. */
export interface TokenStore {
  /** @returns The version, or the newest one. Nothing if there is no parameter. */
  read(version?: number): Promise<StoredVersion | undefined>;
  /** @returns Whether the parameter was created. If it exists, nothing is changed. */
  create(tokens: Tokens): Promise<boolean>;
  /** Replaces the stored tokens. @param after The version that the tokens were made from. @returns The new version. */
  write(tokens: Tokens, after: number): Promise<number>;
}

/** The tokens in Parameter Store. @param stack The stack's name, for the parameter's description. */
export function tokenStore(ssm: SSM, name: string, stack: string, signal: AbortSignal): TokenStore {
  const put = (Value: string, Overwrite: boolean) =>
    abortable(signal, (abort) =>
      ssm.putParameter(
        {
          ...{ Name: name, Value, Type: 'SecureString', Overwrite },
          Description: `The tokens of the webhook of ${stack}, the current one last`,
        },
        abort,
      ),
    );
  return {
    async read(version) {
      const Name = version === undefined ? name : `${name}:${version}`;
      try {
        const { Parameter } = await abortable(signal, (abort) =>
          ssm.getParameter({ Name, WithDecryption: true }, abort),
        );
        const { Version = 0, Value } = Parameter ?? {};
        return { version: Version, ...parseStoredTokens(Value) };
      } catch (error) {
        if (isNotThere(error)) return undefined;
        throw error;
      }
    },
    async create(tokens) {
      try {
        await put(formatStoredTokens(tokens), false);
        return true;
      } catch (error) {
        if ((error as Error).name === 'ParameterAlreadyExists') return false;
        throw error;
      }
    },
    write: async (tokens, after) =>
      (await put(formatStoredTokens(tokens, after), true)).Version ?? 0,
  };
}

/**
 * Changes the stored tokens. Others may change them at the same time, and AWS has no conditional write. The version
 * that a write returns shows whether somebody else has written meanwhile. If so, all changes are stored together:
 * docs/decisions/0060-tokens-that-a-team-shares.md.
 *
 * @param change Makes the new tokens from the stored ones. It may be called again, and may throw.
 * @returns The stored tokens.
 * @throws {CliError} If the changes together break a limit. Then this change is undone.
 */
export async function changeTokens(
  store: TokenStore,
  change: (tokens: Tokens) => Tokens,
): Promise<Tokens> {
  const before = await readWithAllChanges(store.read);
  const mine = change(before?.tokens ?? []);
  if (before && formatStoredTokens(mine) === formatStoredTokens(before.tokens)) return mine;
  const problem = problemWith(mine);
  if (problem !== undefined) {
    throw new CliError(
      EXIT.failed,
      `${problem} Nothing was stored.`,
      'Retire a token that is not used any more: `bin/inbound-sms token list` shows them.',
    );
  }
  // Somebody else may have created it meanwhile.
  if (!before) return (await store.create(mine)) ? mine : changeTokens(store, change);
  const { version, tokens } = await writeUntilWhole(store, mine, before.version);
  if (problemWith(tokens) === undefined) return tokens;
  const added = mine.filter((each) => !includes(before.tokens, each));
  const removed = before.tokens.filter((each) => !includes(mine, each));
  const others = tokens.filter((each) => !includes(added, each));
  await writeUntilWhole(store, [...removed, ...others], version);
  throw new CliError(
    EXIT.failed,
    'Somebody else has changed the tokens at the same time. Your change was not stored.',
    'Look at them with `bin/inbound-sms token list`, then try again.',
  );
}

/**
 * @returns The stored tokens, with the changes that others have made meanwhile. Tokens that break a limit are not
 *   written.
 */
async function writeUntilWhole(
  store: TokenStore,
  tokens: Tokens,
  after: number,
): Promise<Pick<StoredVersion, 'version' | 'tokens'>> {
  const version = await store.write(tokens, after);
  if (version === after + 1) return { version, tokens };
  const whole = (await readWithAllChanges(store.read, version))?.tokens ?? tokens;
  const isWritten = formatStoredTokens(whole) === formatStoredTokens(tokens);
  if (isWritten || problemWith(whole) !== undefined) return { version, tokens: whole };
  return writeUntilWhole(store, whole, version);
}

const includes = (tokens: Tokens, wanted: StoredToken) =>
  tokens.some(({ token }) => token === wanted.token);

function problemWith(tokens: Tokens): string | undefined {
  if (tokens.length === 0) return 'There would be no token.';
  if (tokens.length > MAX_TOKENS) {
    return `There would be ${tokens.length} tokens, and the limit is ${MAX_TOKENS}.`;
  }
  // With room for the first line of the value.
  const value = formatStoredTokens(tokens, Number.MAX_SAFE_INTEGER);
  if (Buffer.byteLength(value) > MAX_PARAMETER_BYTES) {
    return `The tokens would take more than the ${MAX_PARAMETER_BYTES} bytes of a parameter.`;
  }
  return undefined;
}

import { fingerprintOf, hashOf } from '../../../infra/plugin/stored-tokens.js';
import { tokensIn } from '../../../infra/plugin/webhook-tokens.js';
import { printable } from '../../shared/terminal-text.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { calledOn, deployOn, subcommand } from '../command.ts';
import { explainError } from '../explain-error.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';
import type { Cell, Row } from '../table.ts';
import { localTime } from '../times.ts';
import { changeTokens, type StoredToken } from '../token-parameter.ts';
import {
  deployedHashes,
  storedTokens,
  storeOf,
  type TokenStatus,
  tokenStatuses,
} from '../token-status.ts';
import {
  lastUses,
  lastUsesByNumber,
  type ReasonToKeep,
  readTokenUses,
  reasonsToKeep,
} from '../token-uses.ts';
import { onSharedTokens, placeOf, refuseOtherNames } from './shared-tokens.ts';

/** How many days of the log are read. A search costs US$ 0.005 a GB, and takes time. */
const LOG_DAYS = 7;

/** How many days of the log this stack has. `since`: epoch ms. */
function logReach({ logRetentionDays = LOG_DAYS }: Pick<Stack, 'logRetentionDays'>) {
  const days = Math.min(LOG_DAYS, logRetentionDays);
  const text = days === 1 ? 'the last day' : `the last ${days} days`;
  return { days, text, since: Date.now() - days * 86_400_000 };
}

/** `inbound-sms token list` */
export function listCommand(runtime: Runtime) {
  return subcommand(runtime, 'token', 'list', {
    summary: 'list the tokens of the stage, and when each was last used',
    description: `Never shows a token. The fingerprint is the first 8 hex digits of its SHA-256, as in the log of the webhook. LAST USED is the last POST with the token, even a refused one, in the log of the last ${LOG_DAYS} days. Opening the URL does not count, nor does the test message of \`doctor\`.`,
    examples: [
      ['--stage prod', 'all tokens'],
      [
        '--stage prod --json | jq -r "select(.is_current).fingerprint"',
        'the fingerprint of the current token',
      ],
    ],
  }).action((_, command) =>
    onSharedTokens(runtime, command, (stack, output) =>
      listTokens(stack, output, tokensIn(runtime.environment.WEBHOOK_TOKENS)),
    ),
  );
}

async function listTokens(stack: Stack, output: Output, own: readonly string[]): Promise<void> {
  const stored = await storedTokens(stack, output.signal);
  const deployed = await unlessRefused('It is not known which tokens are deployed', output, () =>
    deployedHashes(stack, output.signal),
  );
  const { days, since } = logReach(stack);
  const uses = stack.isMissing
    ? undefined
    : await unlessRefused('It is not known when each was last used', output, () =>
        lastUses(readTokenUses(stack, since, output.signal)),
      );
  const statuses = tokenStatuses(stored, deployed ?? []);
  if (output.isJson) {
    for (const status of statuses) {
      const { number = null, made_at = null } = status;
      const last_used_at = uses?.get(status.fingerprint) ?? null;
      const log_read_since = uses ? since : null;
      const is_deployed = deployed ? status.is_deployed : null;
      await output.json({
        ...{ ...status, number, made_at, is_deployed },
        ...{ is_stored: number !== null, last_used_at, log_read_since },
      });
    }
    return;
  }
  await output
    .table([
      { title: 'NUMBER', width: 6, align: 'right' },
      { title: 'TOKEN', width: 8 },
      { title: 'STATE', width: 7 },
      { title: 'MADE', width: 19 },
      { title: 'WHERE', width: 9 },
      { title: 'LAST USED', width: 19 },
    ])
    .write(statuses.map((status) => rowOf(status, uses, days)));
  if (uses) output.note(`The log was read from ${localTime(since)} on.`);
  for (const note of notesOn(stack, stored, deployed, own)) output.note(note);
}

function rowOf(
  status: TokenStatus,
  uses: ReadonlyMap<string, number> | undefined,
  days: number,
): Row {
  const { number, fingerprint, made_at, is_deployed, is_current } = status;
  const places = [
    ...(number === undefined ? [] : ['parameter']),
    ...(is_deployed ? ['deployed'] : []),
  ];
  const at = uses?.get(fingerprint);
  const unused: Cell = {
    shown: uses && is_deployed ? `not in ${days} ${days === 1 ? 'day' : 'days'}` : '',
    value: '',
  };
  return [
    String(number ?? ''),
    fingerprint,
    is_current ? 'current' : 'old',
    made_at === undefined ? '' : localTime(made_at),
    places.length === 2 ? 'both' : (places[0] ?? ''),
    at === undefined ? unused : localTime(at),
  ];
}

function notesOn(
  stack: Stack,
  stored: readonly StoredToken[],
  deployed: readonly string[] | undefined,
  own: readonly string[],
): string[] {
  const hashes = stored.map(({ token }) => hashOf(token));
  const isDeployed = !deployed || hashes.join() === deployed.join();
  const isOwn = stored.map(({ token }) => token).join() === own.join();
  if (stored.length === 0) {
    const how =
      own.length > 0
        ? `To share the tokens of WEBHOOK_TOKENS: ${calledOn(stack, 'token new --import')}`
        : `To store a token: ${calledOn(stack, 'token new')}`;
    return [`There is no parameter ${stack.tokensParameter()}. ${how}`];
  }
  return [
    ...(isDeployed
      ? []
      : [`The next deploy makes them the tokens of the webhook: ${deployOn(stack)}`]),
    ...(own.length === 0 || isOwn
      ? []
      : [
          'WEBHOOK_TOKENS is set here, with other tokens: remove it, or a deploy from here is refused.',
        ]),
  ];
}

/** Reads what not everybody may read. If AWS refuses, it is left out, with a note. */
async function unlessRefused<T>(
  note: string,
  output: Output,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    output.signal.throwIfAborted();
    const explained = explainError(error);
    if (!explained) throw error;
    output.note(`${note}: ${explained.message}`);
    return undefined;
  }
}

/** `inbound-sms token retire` */
export function retireCommand(runtime: Runtime) {
  return subcommand(runtime, 'token', 'retire', {
    summary: 'remove a token from the stored ones',
    description: `The webhook accepts the token until the next deploy. The command refuses if the PBX may still use the token: if it is deployed and the current one, if the log of the last ${LOG_DAYS} days has a number that got messages with it and none with a later token since, or if AWS does not tell. The only token always stays.`,
    examples: [
      ['1 --stage prod', 'the first token of `token list`'],
      ['5e884898 --stage prod', 'the token with this fingerprint'],
      ['1 --stage prod --force', 'without a check, if the URL has leaked'],
      ['3 --stage prod', 'the token that `token new` has just made'],
    ],
  })
    .argument('<token>', 'number or fingerprint of the token')
    .option('--force', 'also if the PBX may still use it')
    .action((which, { force: isForced = false }, command) => {
      refuseOtherNames(which);
      return onSharedTokens(runtime, command, (stack, output) =>
        retire(stack, which, isForced, output),
      );
    });
}

async function retire(
  stack: Stack,
  which: string,
  isForced: boolean,
  output: Output,
): Promise<void> {
  const stored = await storedTokens(stack, output.signal);
  const index = placeOf(which, stored, stack);
  const { token = '' } = stored[index] ?? {};
  refuseTheOnlyOne(stored, stack);
  if (!isForced) await refuseIfUsed(stored, index, stack, output);
  // By its value: the number may belong to another token by now.
  const left = await changeTokens(await storeOf(stack, output.signal), (tokens) => {
    const others = tokens.filter((each) => each.token !== token);
    refuseTheOnlyOne(tokens, stack);
    return others;
  });
  const fingerprint = fingerprintOf(hashOf(token));
  if (output.isJson) return output.json({ fingerprint, stored: left.length });
  await output.text(`${fingerprint} is retired.`);
  output.note(`The webhook takes it until the next deploy: ${deployOn(stack)}`);
}

function refuseTheOnlyOne(stored: readonly StoredToken[], stack: Stack): void {
  if (stored.length > 1) return;
  throw new CliError(
    EXIT.failed,
    'This is the only token, and the webhook needs one. Nothing was changed.',
    `Make another one first: ${calledOn(stack, 'token new')}`,
  );
}

const IF_SURE = 'If the PBX does not need it, add --force.';

/** @throws {CliError} If the PBX may still post with the token. */
async function refuseIfUsed(
  stored: readonly StoredToken[],
  index: number,
  stack: Stack,
  output: Output,
): Promise<void> {
  const refused = (why: string, hint: string) =>
    new CliError(EXIT.failed, `${why} Nothing was changed.`, `${hint} ${IF_SURE}`);
  if (index === stored.length - 1) {
    const isCurrent = (wanted: string) => wanted === hashOf(stored[index]?.token ?? '');
    // A token that is not deployed cannot be in use.
    if (!(await deployedHashes(stack, output.signal)).some(isCurrent)) return;
    throw refused(
      'This is the current token, and it is deployed.',
      `Make a new one first: ${calledOn(stack, 'token new')}.`,
    );
  }
  const [hash = '', ...later] = stored.slice(index).map((each) => hashOf(each.token));
  const reasons = await readReasons(stack, hash, later, output).catch((error: unknown) => {
    output.signal.throwIfAborted();
    const explained = explainError(error);
    if (!explained) throw error;
    throw new CliError(
      explained.exitCode,
      `It is not known whether the PBX still uses this token: ${explained.message} Nothing was changed.`,
      `${explained.hint} ${IF_SURE}`,
    );
  });
  if (reasons.length === 0) return;
  const url = calledOn(stack, 'url');
  const used = reasons.filter((reason) => reason.kind === 'still-used');
  if (used.length > 0) {
    throw refused(
      `The PBX still uses this token: ${used.map(textOf).join('; ')}. No later token was used for them since.`,
      `Paste the new URL for every number, wait for a message, and try again: ${url}.`,
    );
  }
  const unknown = reasons.find((reason) => reason.kind === 'number-unknown');
  if (unknown) {
    throw refused(
      `It is not known whether the PBX still uses this token: it was used at ${localTime(unknown.at)} for a message that is not stored, so the number is unknown.`,
      `Compare the portal with ${url} for every number.`,
    );
  }
  throw refused(
    `Neither this token nor a later one was used for a stored message in ${logReach(stack).text}, so it is not known which one the PBX uses.`,
    `Compare the portal with ${url}, wait for a message, and try again.`,
  );
}

const textOf = ({ sms_number, at }: Extract<ReasonToKeep, { kind: 'still-used' }>) =>
  `for ${printable(sms_number)}, last at ${localTime(at)}`;

async function readReasons(
  stack: Stack,
  hash: string,
  later: readonly string[],
  output: Output,
): Promise<readonly ReasonToKeep[]> {
  const { signal } = output;
  const deployed = await deployedHashes(stack, signal);
  // A token that is not deployed cannot be in use.
  if (!deployed.includes(hash)) return [];
  const [fingerprint = '', ...others] = [hash, ...later].map(fingerprintOf);
  const { since } = logReach(stack);
  const uses = await lastUsesByNumber(
    readTokenUses(stack, since, signal),
    [fingerprint, ...others],
    await stack.archive(),
    signal,
  );
  const reasons = reasonsToKeep(fingerprint, others, uses);
  if (reasons.length === 0) {
    output.note(`The log was read from ${localTime(since)} on. Earlier uses are not known.`);
  }
  return reasons;
}

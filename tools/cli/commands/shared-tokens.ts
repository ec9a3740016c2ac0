import { fingerprintOf, hashOf } from '../../../infra/plugin/stored-tokens.js';
import { tokenHashes, tokensIn } from '../../../infra/plugin/webhook-tokens.js';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import {
  calledOn,
  deployOn,
  missingStackText,
  stackOptionsOf,
  subcommand,
  withStack,
} from '../command.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';
import { changeTokens, checkStored, newToken, type StoredToken } from '../token-parameter.ts';
import { deployedHashes, storedTokens, storeOf } from '../token-status.ts';

/** Runs a subcommand of `token` about the tokens that a team shares. */
export function onSharedTokens(
  runtime: Runtime,
  command: Parameters<typeof stackOptionsOf>[0],
  work: (stack: Stack, output: Output) => Promise<void>,
): Promise<void> {
  return withStack(
    runtime,
    stackOptionsOf(command),
    async (stack, output) => {
      if (stack.isLocal) {
        throw usageError(
          'The local stack stores no tokens: its token is `test`, or WEBHOOK_TOKENS of `npm start`.',
          `To see its URL: ${calledOn(stack, 'url')}`,
        );
      }
      await work(stack, output);
      if (stack.isMissing) output.note(missingStackText(stack));
    },
    // A team may make its tokens before the first deploy.
    { mayBeMissing: true },
  );
}

/** `inbound-sms token new` */
export function newCommand(runtime: Runtime) {
  return subcommand(runtime, 'token', 'new', {
    summary: 'make a token for everybody who deploys the stage, and store it in AWS',
    description:
      'The tokens of a stage are one SecureString in the Parameter Store of AWS Systems Manager, at /SERVICE-webhook/STAGE/tokens. A deploy without WEBHOOK_TOKENS uses them. The new token is stored after the others. After the next deploy all of them are valid, and the new one is to be pasted. The first time, the tokens of WEBHOOK_TOKENS are stored before it.\nIt does not show the token: `token show` and `url` do. It does not deploy.',
    examples: [
      ['--stage prod', 'a new token, besides the stored ones'],
      ['--stage prod --import', 'the token that you have in .env'],
    ],
  })
    .option('--import', 'store the tokens of WEBHOOK_TOKENS instead of a new one')
    .option('--force', 'also if the newest deployed token would not be stored')
    .action(({ import: isImport = false, force: isForced = false }, command) =>
      onSharedTokens(runtime, command, (stack, output) =>
        storeNew(stack, output, {
          own: ownTokens(runtime.environment.WEBHOOK_TOKENS),
          ...{ isImport, isForced },
        }),
      ),
    );
}

/** @throws {CliError} If one of them is not a token. */
function ownTokens(variable: string | undefined): readonly string[] {
  const own = tokensIn(variable);
  try {
    if (own.length > 0) tokenHashes(variable);
  } catch (error) {
    // The message names the token by its place only.
    throw usageError((error as Error).message);
  }
  return own;
}

interface NewOptions {
  /** The tokens of WEBHOOK_TOKENS. */
  readonly own: readonly string[];
  readonly isImport: boolean;
  readonly isForced: boolean;
}

async function storeNew(
  stack: Stack,
  output: Output,
  { own, isImport, isForced }: NewOptions,
): Promise<void> {
  if (isImport && own.length === 0) {
    throw usageError(
      'WEBHOOK_TOKENS is not set here, so there is nothing to import.',
      'Set it in the environment or in .env, or leave out --import.',
    );
  }
  const deployed = await deployedHashes(stack, output.signal);
  const made = isImport ? [] : [{ token: newToken(), madeAt: Date.now() }];
  let imported: readonly StoredToken[] = [];
  const stored = await changeTokens(await storeOf(stack, output.signal), (tokens) => {
    checkStored(tokens, stack.tokensParameter());
    const isKnown = (wanted: string) => tokens.some(({ token }) => token === wanted);
    imported =
      isImport || tokens.length === 0
        ? own.filter((token) => !isKnown(token)).map((token) => ({ token }))
        : [];
    const before = isImport ? inOrderOf(own, [...imported, ...tokens]) : [...imported, ...tokens];
    const next = [...before, ...made];
    if (!isForced) refuseWithoutDeployed(stack, deployed, next);
    return next;
  });
  const parameter = stack.tokensParameter();
  const fingerprints = stored.map(({ token }) => fingerprintOf(hashOf(token)));
  const number = made[0] ? stored.findIndex(({ token }) => token === made[0]?.token) + 1 : null;
  if (output.isJson) {
    await output.json({
      ...{ parameter, number, fingerprint: number === null ? null : fingerprints[number - 1] },
      ...{ imported: imported.length, stored: stored.length },
    });
    return;
  }
  const ofOwn = `${countOf(imported.length)} of WEBHOOK_TOKENS`;
  if (number !== null) {
    const also = imported.length > 0 ? `, behind ${ofOwn}` : '';
    await output.text(`Token ${number} (${fingerprints[number - 1]}) is stored${also}.`);
  } else {
    await output.text(
      imported.length > 0
        ? `Stored: ${ofOwn}.`
        : 'All tokens of WEBHOOK_TOKENS are stored already.',
    );
  }
  for (const line of nextSteps(stack, stored, { own, deployed, isNew: number !== null }))
    output.note(line);
}

/** The tokens, with those of WEBHOOK_TOKENS in its order: there, the last one is the newest. */
function inOrderOf(own: readonly string[], tokens: readonly StoredToken[]): StoredToken[] {
  const ordered = own.flatMap((wanted) => tokens.find(({ token }) => token === wanted) ?? []);
  const isOwn = ({ token }: StoredToken) => own.includes(token);
  const place = tokens.findLastIndex(isOwn);
  const others = (part: readonly StoredToken[]) => part.filter((each) => !isOwn(each));
  return [...others(tokens.slice(0, place)), ...ordered, ...others(tokens.slice(place + 1))];
}

const countOf = (count: number) => `${count} ${count === 1 ? 'token' : 'tokens'}`;

/** @throws {CliError} If the newest deployed token would be dropped, which the next deploy would refuse. */
function refuseWithoutDeployed(
  stack: Stack,
  deployed: readonly string[],
  next: readonly StoredToken[],
): void {
  if (deployed.length === 0) return;
  const newest = deployed.at(-1);
  if (next.some(({ token }) => hashOf(token) === newest)) return;
  throw new CliError(
    EXIT.failed,
    'The newest deployed token would not be stored, and the next deploy would cut off a PBX that uses it. Nothing was stored.',
    `Store it, too: WEBHOOK_TOKENS=TOKEN ${calledOn(stack, 'token new')}. The token is the last part of the Web Hook URL in the PBX portal. To do without it, add --force.`,
  );
}

/** What to do after tokens were stored. */
function nextSteps(
  stack: Stack,
  stored: readonly StoredToken[],
  how: {
    readonly own: readonly string[];
    readonly deployed: readonly string[];
    readonly isNew: boolean;
  },
): string[] {
  const hashes = stored.map(({ token }) => hashOf(token));
  const dropped = how.deployed.filter((hash) => !hashes.includes(hash)).map(fingerprintOf);
  const isDeployed = hashes.every((hash) => how.deployed.includes(hash)) && dropped.length === 0;
  const hasOld = stored.length > 1;
  const steps = [
    how.own.length > 0 &&
      'Remove WEBHOOK_TOKENS from .env, from the environment and from your pipeline: deploys take the stored tokens now.',
    !isDeployed && `Deploy: ${deployOn(stack)}`,
    how.isNew &&
      `Paste the new URL into the PBX portal, for every number: ${calledOn(stack, 'url')}`,
    how.isNew &&
      hasOld &&
      `Retire the old token when it is not used any more: ${calledOn(stack, 'token list')}`,
  ].filter((step) => step !== false);
  return [
    ...(dropped.length > 0
      ? [`Deployed and not stored: ${dropped.join(', ')}. The next deploy drops it.`]
      : []),
    ...steps.map((step, index) => `${index + 1}. ${step}`),
  ];
}

/** `inbound-sms token show` */
export function showCommand(runtime: Runtime) {
  return subcommand(runtime, 'token', 'show', {
    summary: 'show a stored token',
    description:
      'Shows the current token, or the one with this number or fingerprint of `token list`. In a pipe or a file it needs --show-token: anyone who has the token can post.',
    examples: [
      ['--stage prod', 'the current token'],
      ['1 --stage prod --show-token', 'the first token, for a script'],
    ],
  })
    .argument('[token]', 'number or fingerprint of the token')
    .option('--show-token', 'show the token in a pipe or a file, too')
    .action((which, { showToken = false }, command) => {
      if (which !== undefined) refuseOtherNames(which);
      return onSharedTokens(runtime, command, async (stack, output) => {
        if (!output.isTerminal && !showToken) {
          throw usageError(
            'A token is shown on a terminal only: anyone who has it can post.',
            'Add --show-token to show it here.',
          );
        }
        const stored = await storedTokens(stack, output.signal);
        const index = placeOf(which ?? String(stored.length), stored, stack);
        const { token = '' } = stored[index] ?? {};
        const fingerprint = fingerprintOf(hashOf(token));
        if (output.isJson) await output.json({ number: index + 1, fingerprint, token });
        else await output.text(token);
      });
    });
}

/** @throws {CliError} It does not quote the text, which may be a token. */
export function refuseOtherNames(which: string): void {
  if (/^([1-9]\d?|[0-9a-f]{8})$/.test(which)) return;
  throw usageError(
    'This is neither the number nor the fingerprint of a token.',
    'Give one that `token list` shows, such as 1 or 5e884898.',
  );
}

/** The place of the token with this number or fingerprint. @throws {CliError} If it is not stored. */
export function placeOf(which: string, stored: readonly StoredToken[], stack: Stack): number {
  if (stored.length === 0) {
    throw new CliError(
      EXIT.notFound,
      `There is no parameter ${stack.tokensParameter()}, so no token is stored.`,
      `To store the tokens of WEBHOOK_TOKENS: ${calledOn(stack, 'token new --import')}`,
    );
  }
  const index =
    which.length <= 2
      ? Number(which) - 1
      : stored.findIndex(({ token }) => fingerprintOf(hashOf(token)) === which);
  if (stored[index]) return index;
  throw new CliError(
    EXIT.notFound,
    `No stored token has the number or fingerprint ${which}.`,
    `To see them: ${calledOn(stack, 'token list')}`,
  );
}

import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { QUARANTINE_REASONS, type QuarantineReason } from '../../../lib/messages/quarantine.ts';
import { withStates } from '../../archive/entry-states.ts';
import { inBatches } from '../../archive/pacing.ts';
import type { QuarantineQuery } from '../../archive/quarantine-archive.ts';
import { type FieldValues, SETTABLE, type Settable } from '../../archive/read-quarantined.ts';
import { acceptEntries, discardEntries } from '../accept-entries.ts';
import { usageError } from '../cli-error.ts';
import {
  calledOn,
  refuseUnknownSubcommand,
  stackCommand,
  stackOptionsOf,
  subcommand,
  withStack,
} from '../command.ts';
import { entriesMatching, entryNamed } from '../decide-entries.ts';
import type { StackOptions } from '../find-stack.ts';
import { writeFields } from '../labelled-fields.ts';
import {
  exactNumbersOf,
  fromOption,
  type MessageOptions,
  queryOf,
  rangeOf,
  sinceOption,
  toOption,
  untilOption,
  wholeNumber,
} from '../message-options.ts';
import type { Output } from '../output.ts';
import {
  ENTRY_COLUMNS,
  entryFields,
  entryJson,
  entryRow,
  entryText,
  shortId,
} from '../quarantine-columns.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';

const DEFAULT_LIMIT = 50;
/** Fields that may have the same value in many messages. */
const SAME_FOR_ALL: readonly Settable[] = ['sms_number', 'service_id'];

/** `inbound-sms quarantine` */
export function quarantineCommand(runtime: Runtime) {
  return stackCommand(runtime, 'quarantine', {
    summary: 'list what the webhook refused, and accept or discard it',
    description:
      'The webhook keeps what it refuses: `invalid`, `not-a-form`, `too-large`, `source-not-allowed`, `number-not-allowed` and `conflict`. All attempts of the PBX for one message are one entry. An entry is deleted 30 days after the last attempt, or after `quarantineDays` of settings.yml.\nWithout a subcommand, it lists what waits for a decision, the newest first. `delivered since` means that a later attempt of the PBX delivered the message. `cut` means that more was sent than is kept.\nAn ID is the listed id, its first 8 digits or more, or the message_id that was sent.',
    examples: [
      ['--stage prod', 'what waits for a decision'],
      ['--stage prod --reason conflict --since 2d', 'conflicts of two days'],
      ['show 9fb7f2ffa7e7 --stage prod', 'one entry, with its text'],
      [
        'accept --all --reason number-not-allowed --stage prod',
        'after you have corrected the setting',
      ],
    ],
  })
    .addOption(sinceOption())
    .addOption(untilOption())
    .addOption(fromOption())
    .addOption(toOption())
    .addOption(
      new Option('--reason <reason>', 'refused for this reason').choices(QUARANTINE_REASONS),
    )
    .option(
      '--all',
      'list: also decided entries; accept, discard: all entries that the options select',
    )
    .option('--limit <count>', 'list at most this many', wholeNumber, DEFAULT_LIMIT)
    .helpCommand('help [command]', 'show the help of a command')
    .allowExcessArguments()
    .action((_, command) => {
      refuseUnknownSubcommand(command);
      return list(runtime, optionsOf(command));
    })
    .addCommand(listCommand(runtime))
    .addCommand(showCommand(runtime))
    .addCommand(acceptCommand(runtime))
    .addCommand(discardCommand(runtime));
}

interface QuarantineOptions extends StackOptions, MessageOptions {
  readonly json?: true;
  readonly dryRun?: true;
  readonly reason?: QuarantineReason;
  readonly all?: true;
  readonly limit: number;
}

/** The options that all subcommands share. */
const optionsOf = (command: Parameters<typeof stackOptionsOf>[0]) =>
  stackOptionsOf(command) as QuarantineOptions;

function listCommand(runtime: Runtime) {
  return subcommand(runtime, 'quarantine', 'list', {
    summary: 'list the refused messages',
    examples: [
      ['--stage prod', 'what waits for a decision'],
      ['--stage prod --all --json', 'everything, for scripts'],
    ],
  }).action((_, command) => list(runtime, optionsOf(command)));
}

function list(runtime: Runtime, options: QuarantineOptions): Promise<void> {
  return withStack(runtime, options, async (stack, output) => {
    const { reason, all: isDecidedToo } = options;
    const query = { ...(await queryOf(options, stack)), reason, isDecidedToo };
    await listEntries(stack, output, query, options.limit);
  });
}

/** Entries that are written at once. */
const PORTION = 50;

async function listEntries(
  stack: Stack,
  output: Output,
  query: QuarantineQuery,
  limit: number,
): Promise<void> {
  const { signal } = output;
  const archive = await stack.archive();
  const table = output.table(ENTRY_COLUMNS);
  let listed = 0;
  const entries = (await stack.quarantine()).list(query, { signal });
  for await (const portion of inBatches(entries, Math.min(PORTION, limit + 1))) {
    const shown = await withStates(portion.slice(0, limit - listed), archive, signal);
    if (output.isJson) for (const each of shown) await output.json(entryJson(each));
    else await table.write(shown.map((each) => entryRow(each, output)));
    listed += portion.length;
    if (listed > limit) break;
  }
  if (listed === 0) output.note('No quarantined message matches.');
  else if (listed > limit) output.note('There are more: raise --limit, or set --until.');
  else output.note(`To see one: ${calledOn(stack, 'quarantine show ID')}`);
}

function showCommand(runtime: Runtime) {
  return subcommand(runtime, 'quarantine', 'show', {
    summary: 'show one entry, with its text',
    examples: [
      ['9fb7f2ffa7e7 --stage prod', 'by the first digits of its id'],
      ['297abf7f-99d9-4b7d-9c46-1d7c13687b11 --stage prod', 'by the message_id that was sent'],
    ],
  })
    .argument('<id>', 'id of the entry')
    .action((id, _, command) => {
      const options = optionsOf(command);
      refuseFilters(options);
      return withStack(runtime, options, (stack, output) => show(stack, output, id));
    });
}

async function show(stack: Stack, output: Output, id: string): Promise<void> {
  const entry = await entryNamed(stack, id, output.signal);
  const [listed] = await withStates([entry], await stack.archive(), output.signal);
  if (!listed) return;
  if (output.isJson) {
    const form = Buffer.from(entry.form ?? '').toString('base64');
    await output.json({ ...entryJson(listed), form });
    return;
  }
  await writeFields(entryFields(listed, output), entryText(entry), output);
  if (listed.state === 'cut') {
    const discard = `quarantine discard ${shortId(entry.quarantine_id)}`;
    output.note(`It can only be discarded: ${calledOn(stack, discard)}`);
  }
  if (listed.state !== 'waiting' && listed.state !== 'begun') return;
  const accept = `quarantine accept ${shortId(entry.quarantine_id)} --dry-run`;
  output.note(`To see what accepting it would do: ${calledOn(stack, accept)}`);
}

function acceptCommand(runtime: Runtime) {
  return subcommand(runtime, 'quarantine', 'accept', {
    summary: 'deliver one entry, or all that the options select',
    description:
      'Correct the cause first. It stores each entry as a message and publishes it to every subscriber, the oldest first. The allow lists do not apply. A message that the PBX has delivered meanwhile is not published again. An entry becomes one message, even if two people accept it, or if the command is stopped and run again.\nA message keeps its message_id. A conflict gets a new one, and its field `conflicts_with` names the other message. Without a valid message_id, it gets one that begins with quarantine-.\n--set gives a value to a field that is missing or wrong. message_id can be set only if the PBX cannot deliver the message any more. With --all, only sms_number and service_id can be set.',
    examples: [
      ['9fb7f2ffa7e7 --stage prod --dry-run', 'shows what it would do, and what is missing'],
      ['9fb7f2ffa7e7 --stage prod --set from=+61491570006', 'with the sender that was missing'],
      ['--all --reason number-not-allowed --stage prod', 'all with this reason; asks first'],
    ],
  })
    .argument('[id]', 'id of one entry')
    .option('--set <field=value>', `set ${SETTABLE.join(', ')}; may be repeated`, parseSet)
    .option('--dry-run', 'change nothing; show what would become of each entry')
    .option('--yes', 'do not ask')
    .action((id, { set = {}, ...options }, command) =>
      decide(runtime, command, id, (selection) => {
        const ofOne = Object.keys(set).find(
          (field) => !SAME_FOR_ALL.some((each) => each === field),
        );
        if (id === undefined && ofOne !== undefined) {
          throw usageError(`--set ${ofOne} is for one message: give its id.`);
        }
        return acceptEntries(runtime, { ...selection, ...flagsOf(options), values: set });
      }),
    );
}

function discardCommand(runtime: Runtime) {
  return subcommand(runtime, 'quarantine', 'discard', {
    summary: 'delete the content of one entry, or of all that the options select',
    description:
      'The text and the numbers are deleted for good. The message_id, the times, the count and the reason stay until the entry expires, so later attempts of the PBX do not bring the content back. An entry that somebody has begun to accept is not discarded.',
    examples: [
      ['9fb7f2ffa7e7 --stage prod', 'one entry; asks first'],
      ['--all --reason not-a-form --stage prod --yes', 'all with this reason; does not ask'],
    ],
  })
    .argument('[id]', 'id of one entry')
    .option('--dry-run', 'delete nothing; show what would be discarded')
    .option('--yes', 'do not ask')
    .action((id, options, command) =>
      decide(runtime, command, id, (selection) =>
        discardEntries(runtime, { ...selection, ...flagsOf(options) }),
      ),
    );
}

const flagsOf = ({ dryRun, yes }: { readonly dryRun?: true; readonly yes?: true }) => ({
  isDryRun: dryRun ?? false,
  isConfirmed: yes ?? false,
});

/** The entries to accept or discard. */
export interface SelectedEntries {
  readonly stack: Stack;
  readonly output: Output;
  readonly ids: readonly string[];
  readonly isOne: boolean;
}

/** Finds the entry with this id, or all that the options select, and runs the work on them. */
function decide(
  runtime: Runtime,
  command: Parameters<typeof stackOptionsOf>[0],
  id: string | undefined,
  run: (selection: SelectedEntries) => Promise<void>,
): Promise<void> {
  const options = optionsOf(command);
  if (id !== undefined) refuseFilters(options);
  else if (!options.all) {
    throw usageError(
      'No entry is named: give an id, or --all.',
      'With --all, the options --since, --until, --from, --to and --reason select entries.',
    );
  }
  return withStack(runtime, options, async (stack, output) => {
    if (!options.dryRun) runtime.goOnUnread();
    const ids =
      id === undefined
        ? await entriesMatching(stack, await exactQueryOf(options, stack), output)
        : [(await entryNamed(stack, id, output.signal)).quarantine_id];
    if (ids.length === 0) output.note('No quarantined message matches.');
    await run({ stack, output, ids, isOne: id !== undefined });
  });
}

/** The entries that the options select to publish or delete. Here, a number matches only itself. */
async function exactQueryOf(options: QuarantineOptions, stack: Stack): Promise<QuarantineQuery> {
  const { reason } = options;
  return { ...rangeOf(options), ...(await exactNumbersOf(options, stack)), reason };
}

/** @throws {CliError} If an id is given, and options that select entries, too. */
function refuseFilters({ since, until, from, to, reason, all }: QuarantineOptions): void {
  if ((since ?? until ?? from ?? to ?? reason ?? all) === undefined) return;
  throw usageError('Give an id, or options that select entries, but not both.');
}

/** @throws {InvalidArgumentError} For the parser to say. */
function parseSet(text: string, before: FieldValues = {}): FieldValues {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  const field = SETTABLE.find((each) => each === name);
  if (field === undefined || value === undefined) {
    throw new InvalidArgumentError(`It must be FIELD=VALUE, with ${SETTABLE.join(', ')}.`);
  }
  if (before[field] !== undefined) throw new InvalidArgumentError(`${field} is set twice.`);
  return { ...before, [field]: value };
}

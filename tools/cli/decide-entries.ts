import type { QuarantineEntry } from '../../lib/messages/quarantine.ts';
import { inParallel } from '../archive/pacing.ts';
import type { QuarantineQuery } from '../archive/quarantine-archive.ts';
import { CliError, EXIT, usageError } from './cli-error.ts';
import type { Output } from './output.ts';
import { type DecisionText, entriesText } from './quarantine-texts.ts';
import { delayed } from './runtime.ts';
import type { Stack } from './stack.ts';

/** Ids that an error names, if a text matches several entries. */
const MAX_NAMED = 5;
/** After Ctrl-C, running calls get this long, because their outcome counts. */
const GRACE_MS = 3_000;

/** The entry with this id. @throws {CliError} If there is none, or several. */
export async function entryNamed(
  stack: Stack,
  name: string,
  signal: AbortSignal,
): Promise<QuarantineEntry> {
  const [entry, ...others] = await (await stack.quarantine()).named(name, { signal });
  if (!entry) {
    throw new CliError(
      EXIT.notFound,
      `No quarantined message has the id ${name}.`,
      'An id is what `quarantine list` shows, its first 8 digits or more, or the message_id that was sent.',
    );
  }
  if (others.length === 0) return entry;
  const ids = [entry, ...others].slice(0, MAX_NAMED).map((each) => each.quarantine_id);
  throw usageError(
    `${name} matches several ids: ${ids.join(', ')}.`,
    'Give more digits of one id.',
  );
}

/**
 * The ids of the matching entries, the oldest first. Only the ids, because an entry may change before its turn.
 */
export async function entriesMatching(
  stack: Stack,
  query: QuarantineQuery,
  output: Output,
): Promise<string[]> {
  const archive = await stack.quarantine();
  using progress = output.progress('Looking for quarantined messages');
  const ids: string[] = [];
  const { signal } = output;
  for await (const entry of archive.list({ ...query, order: 'oldest-first' }, { signal })) {
    ids.push(entry.quarantine_id);
    progress.update(undefined, String(ids.length));
  }
  return ids;
}

/** What to do with each entry. */
export interface Decision {
  readonly ids: readonly string[];
  /** One entry was named. If it cannot be done, its reason is the error. */
  readonly isOne: boolean;
  readonly isDryRun: boolean;
  /** For people: `Accepting`, `accepted`. */
  readonly words: { readonly label: string; readonly done: string };
  readonly atOnce: number;
  /** @returns The outcome, for scripts and for people. */
  readonly decide: (
    id: string,
    signal: AbortSignal,
  ) => Promise<{ readonly json: object; readonly said: DecisionText }>;
}

/** Decides the entries, reports each, and counts. */
export async function decideEach(
  { ids, isOne, isDryRun, words, atOnce, decide }: Decision,
  output: Output,
): Promise<void> {
  const counts = { done: 0, left: 0 };
  let last: DecisionText | undefined;
  const progress = output.progress(isDryRun ? 'Reading' : words.label);
  const graceful = delayed(output.signal, GRACE_MS);
  let isComplete = false;
  try {
    await inParallel(ids, atOnce, async (id) => {
      output.signal.throwIfAborted();
      const { json, said } = await decide(id, graceful);
      last = said;
      counts[said.isDone ? 'done' : 'left']++;
      const { done, left } = counts;
      if (output.isJson) await output.json({ quarantine_id: id, ...json, dry_run: isDryRun });
      else if (isOne ? said.isDone : isDryRun) await output.text(linesOf(said));
      else if (!isOne && !said.isDone) {
        progress.clear();
        output.note(linesOf(said));
      }
      progress.update((done + left) / ids.length, `${done + left} of ${ids.length}`);
    });
    isComplete = true;
  } finally {
    progress[Symbol.dispose]();
    const { done, left } = counts;
    const sum = { [words.done]: isDryRun ? 0 : done, left, dry_run: isDryRun, done: isComplete };
    const would = isDryRun ? ' would be' : '';
    if (!isOne) {
      const reported = output.isJson
        ? output.json(sum)
        : output.text(`${done} of ${entriesText(ids.length)}${would} ${words.done}.`);
      // If the reader of stdout is gone, that must not hide the first error.
      await reported.catch(() => {});
    }
    if (!isComplete && !isDryRun) output.note('To continue, run it again.');
  }
  if (counts.left === 0) return;
  if (isOne && last) throw new CliError(EXIT.failed, last.text, last.hint);
  const could = isDryRun ? 'cannot' : 'could not';
  throw new CliError(
    EXIT.failed,
    `${entriesText(counts.left)} ${could} be ${words.done}.`,
    'Each is listed with its reason.',
  );
}

const linesOf = ({ text, hint }: DecisionText) => [text, hint].filter(Boolean).join('\n');

import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { alarmNames } from '../../infra/alarm-list.js';
import { PARAMETERS } from '../../infra/plugin/parameters.js';
import { settingsSchema } from '../../infra/plugin/settings-schema.js';
import { toItem } from '../../lib/aws/message-item.ts';
import { toQuarantineItem } from '../../lib/aws/quarantine-item.ts';
import { ANSWERS } from '../../lib/http/outcomes.ts';
import { METRICS } from '../../lib/telemetry/metrics.ts';
import { messageJson } from '../../tools/archive/message-file.ts';
import { EXIT } from '../../tools/cli/cli-error.ts';
import { createProgram } from '../../tools/cli/main.ts';
import { entryJson } from '../../tools/cli/quarantine-columns.ts';
import { someRecord } from '../fixtures/messages.ts';
import { someEntry } from '../fixtures/quarantined.ts';
import { fakeTerminal } from '../tools/cli/fake-terminal.ts';

/** What docs/versions.md promises to keep: the names, and what each stands for where that is one word. */
export type PromisedNames = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const RECORD = someRecord({
  ...{ service_id: '1', timestamp: 1, claim: { owner: 'a', until: 1 } },
  ...{ published_at: 1, sns_message_id: 'sns-1' },
});
const ENTRY = someEntry({
  ...{ faults: 'a', accepted_at: 1, discarded_at: 1 },
  acceptance: { message_id: 'a', fingerprint: 'f', set: {} },
});

const here = (names: Iterable<string>) =>
  Object.fromEntries([...names].map((name) => [name, 'here']));

/** Each command by its words, such as `token new`, with its options. */
function optionsOf(commands: readonly CommandUnknownOpts[], parents: readonly string[] = []) {
  return commands.flatMap((command): [string, unknown][] => {
    const words = [...parents, command.name()];
    const options = command.options.flatMap(({ long }) => long ?? []);
    return [[words.join(' '), here(options)], ...optionsOf(command.commands, words)];
  });
}

const typesOf = (item: ReturnType<typeof toItem>) =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, Object.keys(value)[0]]));

/** Those of this version. */
export async function namesNow(): Promise<PromisedNames> {
  const { commands } = await createProgram(fakeTerminal().runtime);
  return {
    settings: here(Object.keys(settingsSchema().properties ?? {})),
    defaults: Object.fromEntries(
      Object.entries(PARAMETERS).map(([name, { fallback }]) => [name, fallback ?? null]),
    ),
    answers: Object.fromEntries(
      Object.entries(ANSWERS).map(([outcome, { status }]) => [outcome, status]),
    ),
    'attributes of a message in the table': typesOf(toItem(RECORD)),
    'attributes of a refused request in the table': typesOf(toQuarantineItem(ENTRY)),
    commands: Object.fromEntries(optionsOf(commands)),
    'exit codes': EXIT,
    'fields of list, show and export': here(Object.keys(messageJson(RECORD))),
    'fields of quarantine': here(Object.keys(entryJson({ entry: ENTRY, state: 'accepted' }))),
    metrics: METRICS,
    alarms: here(alarmNames([{ name: 'crm' }])),
  };
}

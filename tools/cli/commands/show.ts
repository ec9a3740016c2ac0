import { type DeliveryText, deliveryTexts } from '../../archive/deliveries.ts';
import type { ArchivedMessage } from '../../archive/message-archive.ts';
import { findMessage } from '../../archive/message-ids.ts';
import {
  folded,
  graphemesOf,
  oneLine,
  printable,
  printableLine,
  printableWord,
} from '../../shared/terminal-text.ts';
import { addresseesIn } from '../addressees.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { stackCommand, tableOption, withStack } from '../command.ts';
import { labelledCells, messageJson } from '../message-columns.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { type Cell, shownIn, tabSeparated } from '../table.ts';

const GAP = '  ';
/** Columns for a text, however narrow the terminal is. */
const MIN_ROOM = 10;
/** Characters of a field's name: `--json` has all of them. */
const MAX_NAME = 30;
/** Columns for the labels; a longer one moves its own value only. */
const MAX_LABELS = 28;

/** `inbound-sms show ID` */
export function showCommand(runtime: Runtime) {
  return stackCommand(runtime, 'show', {
    summary: 'show all that is stored of one message, and what became of it at each subscriber',
    examples: [
      ['297abf7f-99d9-4b7d-9c46-1d7c13687b11 --stage prod', 'the message with this id'],
      ['297abf7f-99d9-4b7d-9c46-1d7c13687b11 --local --json', 'for scripts'],
    ],
  })
    .argument('<id>', 'message_id, as the PBX and `list` have it')
    .addOption(tableOption())
    .action((id, options) =>
      withStack(runtime, options, async (stack, output) => {
        const archive = await stack.archive();
        const message = await findMessage(archive, id, { signal: runtime.signal });
        if (!message) {
          throw new CliError(
            EXIT.notFound,
            `There is no message ${id} in ${stack.name}.`,
            'It was never stored, or deleted since: `list --conflicts` and the logs know more.',
          );
        }
        if (output.isJson) return output.json(messageJson(message));
        const addressees = await addresseesIn(stack, output.signal);
        const fields = fieldsOf(message, deliveryTexts(message, addressees), output);
        if (output.isTerminal) await showMessage(message, fields, output);
        else await writeMessage(message, fields, output);
      }),
    );
}

type Field = readonly [name: Cell, value: Cell];

/** Only our lines begin at the left edge, and a name of the form begins with `extra.`. */
async function showMessage(
  message: ArchivedMessage,
  fields: readonly Field[],
  output: Output,
): Promise<void> {
  const widest = Math.max(...fields.map(([name]) => shownIn(name).length));
  for (const [name, cell] of fields) {
    const label = shownIn(name).padEnd(Math.min(widest, MAX_LABELS));
    const text = hanging(oneLine(shownIn(cell)), label.length + GAP.length, output.width);
    await output.text(`${output.style('bold', label)}${GAP}${text}`);
  }
  const body = printable(message.body).split('\n');
  const bodyLines = body.map((line) => GAP + hanging(line, GAP.length, output.width));
  await output.text(`\n${bodyLines.join('\n')}`);
}

/** For scripts, a line for each name and its value; the text is the last one. */
async function writeMessage(
  message: ArchivedMessage,
  fields: readonly Field[],
  output: Output,
): Promise<void> {
  const rows = [...fields, ['text', printable(message.body)]];
  await output.text(rows.map(tabSeparated).join('\n'));
}

/** What follows an indent of so many columns, and keeps it on a terminal of this width. */
function hanging(line: string, indent: number, width: number | undefined): string {
  const room = width === undefined ? undefined : Math.max(MIN_ROOM, width - indent);
  return folded(line, room).join(`\n${' '.repeat(indent)}`);
}

function fieldsOf(
  message: ArchivedMessage,
  deliveries: readonly DeliveryText[],
  output: Output,
): readonly Field[] {
  const extra = Object.entries(message.extra);
  return [
    ...labelledCells(message, output),
    ...deliveries.map((delivery) => deliveryField(delivery, output)),
    ...extra.map(([name, value]) => [extraName(name), printable(value)] as const),
  ];
}

function extraName(name: string): Cell {
  const characters = graphemesOf(name);
  const shown = characters.length > MAX_NAME ? `${characters.slice(0, MAX_NAME).join('')}…` : name;
  return { shown: `extra.${printableWord(shown)}`, value: `extra.${printable(name)}` };
}

const COLOURS: Partial<Record<DeliveryText['state'], Parameters<Output['style']>[0]>> = {
  delivered: 'green',
  failing: 'yellow',
  dead: 'red',
};

/** A name may come from a mark that somebody has written, and a reason is what a receiver answered. */
function deliveryField({ name, state, text }: DeliveryText, output: Output): Field {
  const colour = COLOURS[state];
  const shown = printableLine(text);
  return [`delivery.${printableWord(name)}`, colour ? output.style(colour, shown) : shown];
}

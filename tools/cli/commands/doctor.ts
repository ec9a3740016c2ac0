import { printable, printableLine } from '../../shared/terminal-text.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { stackCommand, withStack } from '../command.ts';
import { alarmStatesCheck, alarmSubscriptionCheck } from '../doctor/alarm-checks.ts';
import { backlogCheck } from '../doctor/backlog-check.ts';
import { CANARY_SENDER, canaryCheck } from '../doctor/canary-check.ts';
import { type Check, type Finding, finding, type Status } from '../doctor/finding.ts';
import { runChecks } from '../doctor/run-checks.ts';
import { parametersCheck, retentionCheck, stackCheck, tableCheck } from '../doctor/stack-checks.ts';
import { subscriptionsCheck } from '../doctor/subscription-checks.ts';
import { tokenCheck } from '../doctor/webhook-check.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';
import { tabSeparated } from '../table.ts';

const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'gray' } as const;

/** `inbound-sms doctor` */
export function doctorCommand(runtime: Runtime) {
  return stackCommand(runtime, 'doctor', {
    summary: 'find out whether a stack works, and what to do if it does not',
    description: `It looks at the stack, its parameters, table and alarms, the webhook URL and its token, the subscriptions and their dead-letter queues. Then it sends a message through the webhook URL, waits for it on a queue of its own, says how long each hop took, and removes message and queue. Other subscribers get that message, too: from ${CANARY_SENDER}, to a fictitious number, or to the first that may receive. --no-canary sends none.\nIt ends with 1 if something failed, also if nobody reads all that it prints. What cannot be told from here is skipped, and does not count as passed.`,
    examples: [
      ['--stage prod', 'everything'],
      ['--stage prod --no-canary', 'without a message for the subscribers'],
      ['--stage prod --to +61290000001', 'with a message to this number'],
      ['--local', 'the local stack'],
    ],
  })
    .option('--no-canary', 'send no message')
    .option('--to <number>', 'number that the message is sent to: one of yours')
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        const { signal } = runtime;
        runtime.goOnUnread();
        const counts: Record<Status, number> = { ok: 0, warning: 0, failed: 0, skipped: 0 };
        let canPost = false;
        for await (const found of runChecks(checksOf(stack, signal), signal)) {
          counts[found.status]++;
          canPost ||= found.check === 'token' && found.status === 'ok';
          await show(found, output);
        }
        const canary = canaryOf(stack, options, canPost, signal);
        for await (const found of runChecks([canary], signal)) {
          counts[found.status]++;
          await show(found, output);
        }
        const { ok, warning, failed, skipped } = counts;
        output.note(`ok: ${ok}, warnings: ${warning}, failed: ${failed}, skipped: ${skipped}`);
        if (failed > 0)
          throw new CliError(EXIT.failed, `${stack.name} does not work as it should.`);
      }),
    );
}

function checksOf(stack: Stack, signal: AbortSignal): Check[] {
  return [
    stackCheck(stack, signal),
    parametersCheck(stack),
    tableCheck(stack, signal),
    retentionCheck(stack, signal),
    alarmSubscriptionCheck(stack, signal),
    alarmStatesCheck(stack, signal),
    subscriptionsCheck(stack, signal),
    backlogCheck(stack, signal),
    tokenCheck(stack, signal),
  ];
}

function canaryOf(
  stack: Stack,
  { canary, to }: { readonly canary: boolean; readonly to?: string | undefined },
  canPost: boolean,
  signal: AbortSignal,
): Check {
  if (canary && canPost) return canaryCheck(stack, { to }, signal);
  const reason = canary ? 'the webhook URL is not known to take it' : 'it was not wanted';
  return { name: 'canary', run: async () => [finding('canary', 'skipped', reason)] };
}

async function show(found: Finding, output: Output): Promise<void> {
  if (output.isJson) return output.json(found);
  const { check, status, detail, hint = '', ms } = found;
  if (!output.isTerminal) {
    const row = [status, check, printable(detail), String(ms ?? ''), printable(hint)];
    return output.text(tabSeparated(row));
  }
  const time = ms === undefined ? '' : ` (${ms} ms)`;
  const label = output.style(COLOURS[status], status.padEnd(8));
  await output.text(`${label} ${check.padEnd(16)}  ${printableLine(detail)}${time}`);
  if (hint) await output.text(`${' '.repeat(27)}${printableLine(hint)}`);
}

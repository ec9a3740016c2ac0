import { printable, printableLine } from '../../shared/terminal-text.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { stackCommand, withStack } from '../command.ts';
import { configuredSubscribers } from '../configured-subscribers.ts';
import { CANARY_SENDER, canaryCheck } from '../doctor/canary-check.ts';
import { type Check, check, type Finding, runChecks } from '../doctor/check.ts';
import {
  alarmStatesCheck,
  backlogCheck,
  parametersCheck,
  retentionCheck,
  stackCheck,
  tableCheck,
} from '../doctor/stack-checks.ts';
import { secretsCheck, subscribersCheck } from '../doctor/subscriber-checks.ts';
import { alarmSubscriptionCheck, subscriptionsCheck } from '../doctor/subscription-checks.ts';
import { tokenCheck } from '../doctor/webhook-check.ts';
import type { Output } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { Stack } from '../stack.ts';
import { tabSeparated } from '../table.ts';

/** The checks that post no message, in this order. */
const checksOf = (stack: Stack, runtime: Runtime) => [
  stackCheck,
  parametersCheck,
  tableCheck,
  retentionCheck,
  alarmSubscriptionCheck,
  alarmStatesCheck,
  subscribersCheck(() => configuredSubscribers(stack, runtime)),
  secretsCheck,
  subscriptionsCheck,
  backlogCheck,
  tokenCheck,
];

const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'gray' } as const;

/** `inbound-sms doctor` */
export function doctorCommand(runtime: Runtime) {
  return stackCommand(runtime, 'doctor', {
    summary: 'check whether a stack works, and say what to do if it does not',
    description: `Checks the stack, its parameters, table and alarms, the webhook URL and its token, the subscribers with their secrets and dead-letter queues, and the other subscriptions. Then it posts a message to the webhook URL, waits for it on a queue of its own, shows how long each hop took, and removes message and queue. Other subscribers get that message, too. It is from ${CANARY_SENDER}, to a fictitious number or to the first number that may receive.\nThe exit code is 1 if a check failed. A check that is not possible from here is skipped, and does not count as passed.`,
    examples: [
      ['--stage prod', 'all checks'],
      ['--stage prod --no-canary', 'without a message for the subscribers'],
      ['--stage prod --to +61290000001', 'with a message to this number'],
      ['--local', 'the local stack'],
    ],
  })
    .option('--no-canary', 'send no test message')
    .option('--to <number>', 'send the test message to this number of yours')
    .action((options) =>
      withStack(runtime, options, async (stack, output) => {
        runtime.goOnUnread();
        const counts = { ok: 0, warning: 0, failed: 0, skipped: 0 };
        let canPost = false;
        const report = async (checks: readonly Check[]) => {
          for await (const found of runChecks(checks, stack, output.signal)) {
            counts[found.status]++;
            canPost ||= found.check === tokenCheck.name && found.status === 'ok';
            await show(found, output);
          }
        };
        await report(checksOf(stack, runtime));
        const why = options.canary
          ? 'it needs the check `token` to pass'
          : 'left out by --no-canary';
        const noCanary = check('canary', async ({ skipped }) => skipped(why));
        await report([canPost && options.canary ? canaryCheck(options.to) : noCanary]);
        const { ok, warning, failed, skipped } = counts;
        output.note(`ok: ${ok}, warnings: ${warning}, failed: ${failed}, skipped: ${skipped}`);
        if (failed > 0)
          throw new CliError(
            EXIT.failed,
            `${stack.name} does not work as it should.`,
            'Do what the failed checks say, then run doctor again.',
          );
      }),
    );
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

import { Option } from '@commander-js/extra-typings';
import { SecretMalformed, SIGNING_BYTES, webhooksOf } from '../../../lib/forwarding/https.ts';
import { post } from '../../../lib/forwarding/post.ts';
import { MESSAGE_FORMATS } from '../../../lib/messages/notification.ts';
import { CliError, EXIT, usageError } from '../cli-error.ts';
import { baseCommand, CALLED } from '../command.ts';
import { idsToCompare, isSilent, play, type Verdict } from '../conform/play.ts';
import { PROMISES } from '../conform/promises.ts';
import { faultText, Receiver } from '../conform/receiver.ts';
import { Output } from '../output.ts';
import { readSecret } from '../read-secret.ts';
import type { Runtime } from '../runtime.ts';

/** `inbound-sms conform` */
export function conformCommand(runtime: Runtime) {
  return baseCommand(runtime, 'conform', {
    summary: 'test whether a receiver keeps its side of the contract',
    description:
      'Posts test messages to an https receiver, as the forwarder does: duplicates, copies at the same time, forged and old signatures, unusual senders and texts. It does not use AWS. The receiver gets about 50 requests and may keep them: each message_id begins with conform-. The secret is read from INBOUND_SMS_SECRET or, without it, from stdin. A terminal does not show it.',
    examples: [
      ['https://crm.example.com/sms', 'asks for the secret'],
      ['http://localhost:8080/ < secret.txt', 'reads the secret from a file'],
      ['https://crm.example.com/sms --json', 'reads the secret from INBOUND_SMS_SECRET'],
    ],
  })
    .argument('<url>', 'the URL of the receiver')
    .option('--secret <secret>', 'the secret; the history of the shell keeps it')
    .addOption(
      new Option('--format <format>', 'messageFormat of the stack')
        .choices(MESSAGE_FORMATS)
        .default(MESSAGE_FORMATS[0]),
    )
    .action(async (url, { secret: given, format = 'inbound-sms', json }) => {
      runtime.goOnUnread();
      checkUrl(url);
      const output = new Output(runtime, { json });
      const secret = await findSecret(given, runtime);
      const { signal } = output;
      const receiver = new Receiver(url, secret, format, async (request) => {
        const answer = await post(request, signal);
        signal.throwIfAborted();
        return answer;
      });
      const verdicts = await report(receiver, output);
      await reportIds(receiver, output, verdicts);
      const broken = verdicts.filter(({ isKept }) => isKept === false);
      if (broken.length > 0) throw brokenError(broken);
    });
}

/** @throws {CliError} The error does not quote the URL, which may hold a token. */
function checkUrl(url: string): void {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return;
  throw usageError('The argument must be an http or https URL.', `See: ${CALLED} conform --help`);
}

/** @throws {CliError} If the secret cannot sign. No error quotes it. */
async function findSecret(given: string | undefined, runtime: Runtime): Promise<string> {
  const stored = given ?? runtime.environment.INBOUND_SMS_SECRET;
  const secret = (stored || (await readSecret(runtime, 'Secret (not shown): '))).trim();
  if (secret === '')
    throw usageError('The secret is empty.', 'Write it to stdin, or set INBOUND_SMS_SECRET.');
  try {
    webhooksOf(secret);
    return secret;
  } catch (error) {
    if (!(error instanceof SecretMalformed)) throw error;
    const { min, max } = SIGNING_BYTES;
    throw usageError(
      `The secret is not base64 of ${min} to ${max} bytes, with or without whsec_ before it.`,
      'Give the secret that the receiver verifies with.',
    );
  }
}

async function report(receiver: Receiver, output: Output): Promise<Verdict[]> {
  const table = output.table([
    { title: 'RESULT', width: 9 },
    { title: 'PROMISE', width: 14 },
    { title: 'MEANING' },
    // A terminal shows these below the row, because a column would cut them.
    ...(output.isTerminal ? [] : [{ title: 'WHAT WENT WRONG' }, { title: 'SEE' }]),
  ]);
  using progress = output.progress('Testing');
  const verdicts: Verdict[] = [];
  for await (const verdict of play(receiver)) {
    verdicts.push(verdict);
    progress.clear();
    if (output.isJson) await output.json(verdictJson(verdict));
    else {
      await table.write([verdictRow(verdict, output)]);
      if (output.isTerminal) for (const line of faultLines(verdict)) await output.text(line);
    }
    progress.update(verdicts.length / PROMISES.length, `${receiver.exchanges.length} requests`);
  }
  return verdicts;
}

function verdictRow(verdict: Verdict, output: Output): string[] {
  const { promise, isKept } = verdict;
  const result =
    isKept === null
      ? 'not tried'
      : isKept
        ? output.style('green', 'pass')
        : output.style('red', 'FAIL');
  const row = [result, promise.name, promise.meaning];
  if (output.isTerminal) return row;
  return [...row, faultsOf(verdict).join('; '), isKept === false ? promise.docs : ''];
}

const faultsOf = ({ exchanges }: Verdict) =>
  exchanges.filter(({ isRight }) => !isRight).map(faultText);

function faultLines(verdict: Verdict): string[] {
  const faults = faultsOf(verdict);
  const see = faults.length > 0 ? [`See ${verdict.promise.docs}`] : [];
  return [...faults, ...see].map((line) => `  ${line}`);
}

function verdictJson({ promise: { name, meaning, docs }, isKept, exchanges }: Verdict) {
  const sent = exchanges.map(({ isRight, ...exchange }) => ({ ...exchange, passed: isRight }));
  return { promise: name, meaning, docs, passed: isKept, exchanges: sent };
}

/** The ids to compare with the receiver's database. */
async function reportIds(
  { exchanges }: Receiver,
  output: Output,
  verdicts: readonly Verdict[],
): Promise<void> {
  const { once, never } = idsToCompare(exchanges);
  const count = (isKept: boolean | null) =>
    verdicts.filter((verdict) => verdict.isKept === isKept).length;
  if (output.isJson) {
    const counts = { passed: count(true), failed: count(false), not_tried: count(null) };
    await output.json({ ...counts, requests: exchanges.length, once, never });
    return;
  }
  output.note(
    `${count(true)} of ${verdicts.length} promises kept, with ${exchanges.length} requests.`,
  );
  if (once.length + never.length === 0) return;
  output.note(
    "Only the receiver's database shows whether it keeps each message once. Compare it with these message_ids:",
  );
  for (const id of once) output.note(`  once   ${id}`);
  for (const id of never) output.note(`  never  ${id}`);
}

function brokenError(broken: readonly Verdict[]): CliError {
  const names = broken.map(({ promise }) => promise.name).join(', ');
  const untried = 'The other promises were not tried.';
  const last = broken.at(-1);
  if (last && !last.promise.isBasic && isSilent(last.exchanges)) {
    const came = last.exchanges.at(-1)?.came;
    return new CliError(
      EXIT.failed,
      `The receiver stopped at the promise ${last.promise.name}: ${came}.`,
      came === '429'
        ? `${untried} Raise its limit of requests for the test: it sends about 50 within a minute.`
        : `${untried} See what ended the receiver, and run the test again.`,
    );
  }
  const hint = broken.some(({ promise }) => promise.name === 'genuine')
    ? `${untried} If it answered 401 or 403, check the secret, and that the receiver verifies the body before it parses it.`
    : broken.some(({ promise }) => promise.isBasic)
      ? `${untried} Check the URL, and that the receiver runs.`
      : 'docs/cli.md#conform says what each means.';
  return new CliError(EXIT.failed, `The receiver breaks these promises: ${names}.`, hint);
}

import { once } from 'node:events';
import { mkdtempDisposable, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SQSEvent } from 'aws-lambda';
import { queueName, type Subscriber } from '../../lib/forwarding/subscriber.ts';
import { notificationsIn } from '../../lib/messages/notification.ts';
import { ACCOUNT_ID, REGION } from '../local/aws.ts';
import {
  type Endpoints,
  type FunctionDefinition,
  functionEnvironment,
} from '../local/function-definition.ts';
import { hangUp, listen } from '../local/listen.ts';
import { AwsStub } from './aws-stub.ts';
import { benchCommand, count, packageOption, progress } from './command.ts';
import { buildHost, ourFunctions } from './compare/contenders.ts';
import { FunctionProcess } from './compare/function-process.ts';
import { newIds, rotated } from './compare/section.ts';
import { figure, machineLine, type Sample, sampleOf, table } from './report.ts';
import { packaged } from './stacks.ts';

/** One subscriber of each kind. The URL is that of the receiver, as soon as there is one. */
const SETTINGS = `local:
  subscribers:
    email: { email: team@example.com }
    slack: { slack: CHAT_URL }
    teams: { teams: CHAT_URL }
    https: { https: "http://127.0.0.1/", secret: HTTPS_SECRET }
`;

/** Batches of each kind that are not counted. */
const WARM_UP = 4;

interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** Posts so far. */
  readonly posts: number;
}

/** Answers each POST with 200. */
async function startReceiver(): Promise<Receiver> {
  let posts = 0;
  const server = createServer(async (request, response) => {
    await once(request.resume(), 'end');
    posts++;
    response.end('ok');
  });
  // A waiting client must find its connection open.
  server.keepAliveTimeout = 0;
  const url = `http://127.0.0.1:${await listen(server)}/`;
  return {
    url,
    get posts() {
      return posts;
    },
    [Symbol.asyncDispose]: () => hangUp(server),
  };
}

const toNotification = notificationsIn('inbound-sms');

/** What Lambda hands over: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
function eventOf(queue: string, message_id: string): SQSEvent {
  const { message } = toNotification({
    ...{ message_id, from: '+61400000001', sms_number: '+61400000002', service_id: '4711' },
    ...{ body: 'Your parcel will arrive at 10:45.', timestamp: 1_576_391_654, extra: {} },
    ...{ fingerprint: '', received_at: 1_576_391_654_321, requests: 1, publish_attempts: 1 },
  });
  return {
    Records: [
      {
        ...{ messageId: message_id, receiptHandle: 'receipt', body: message, md5OfBody: '' },
        attributes: {
          ApproximateReceiveCount: '1',
          ApproximateFirstReceiveTimestamp: '1576391654400',
          SenderId: 'sender',
          SentTimestamp: '1576391654400',
        },
        messageAttributes: {},
        eventSource: 'aws:sqs',
        eventSourceARN: `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${queue}`,
        awsRegion: REGION,
      },
    ],
  };
}

interface Options {
  readonly runs: number;
  readonly rounds: number;
  readonly batch: number;
  readonly package?: string | undefined;
}

/** Figures of one kind. */
interface Result {
  readonly name: string;
  readonly cold: Record<'wall' | 'import' | 'cpu', number[]>;
  readonly warm: Record<'wall' | 'cpu', number[]>;
  calls: number;
}

async function measure({ runs, rounds, batch, package: packageDir }: Options, signal: AbortSignal) {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(await mkdtempDisposable(join(tmpdir(), 'inbound-sms-bench-')));
  const { path: zips } = opened.use(await packaged(packageDir, signal, SETTINGS));
  const functions = await ourFunctions(zips, join(path, 'ours'));
  const fn = functions.find(({ key }) => key === 'forwardMessage');
  if (!fn) throw new Error('The package has no forwarder: it was made without subscribers');
  const hostFile = await buildHost(path);
  const receiver = opened.use(await startReceiver());
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const parameters = { CHAT_URL: receiver.url, HTTPS_SECRET: secret };
  const stub = opened.use(await AwsStub.start({ parameters }));
  const environment = environmentOf(fn, stub.endpoints, receiver.url);
  const target = { ...fn, url: pathToFileURL(fn.file).href };
  const start = () => new FunctionProcess(hostFile, { environment, signal });
  const { SERVICE, STAGE, SUBSCRIBERS = '[]' } = environment;
  const results = (JSON.parse(SUBSCRIBERS) as Subscriber[]).map(
    ({ name }): Result => ({
      name,
      cold: { wall: [], import: [], cpu: [] },
      warm: { wall: [], cpu: [] },
      calls: 0,
    }),
  );
  const eventsOf = (name: string, ids: readonly string[]) =>
    ids.map((id) => eventOf(queueName(`${SERVICE}-${STAGE}`, name), id));

  for (let run = 0; run <= runs; run++) {
    if (run > 0) progress(`cold: run ${run} of ${runs}`);
    for (const { name, cold } of rotated(results, run)) {
      await using host = start();
      const took = await host.call('coldStart', target, eventsOf(name, ['cold'])[0]);
      // The first round fills the disk's cache and is not counted.
      if (run === 0) continue;
      cold.wall.push(took.wallMs);
      cold.import.push(took.importMs);
      cold.cpu.push(took.cpuMs);
    }
  }

  const host = opened.use(start());
  await host.call('load', target);
  for (let round = -WARM_UP; round < rounds; round++) {
    if (round >= 0) progress(`warm: round ${round + 1} of ${rounds}`);
    for (const result of rotated(results, round + WARM_UP)) {
      const events = eventsOf(result.name, newIds(`0000${round}-`, batch));
      const before = stub.callCount + receiver.posts;
      const took = await host.call('handle', events);
      if (round < 0) continue;
      result.calls = (stub.callCount + receiver.posts - before) / batch;
      result.warm.wall.push(took.wallMs / batch);
      result.warm.cpu.push(took.cpuMs / batch);
    }
  }
  const [minified, zipped] = await Promise.all(
    [fn.file, join(zips, 'forwardMessage.zip')].map(async (file) => (await stat(file)).size),
  );
  return { results, minified, zipped };
}

/** As Lambda would give it, with the receiver instead of the URL in the settings. */
function environmentOf(fn: FunctionDefinition, endpoints: Endpoints, receiver: string) {
  const configured: readonly Subscriber[] = JSON.parse(fn.environment.SUBSCRIBERS ?? '[]');
  const subscribers = configured.map((each) => ({
    ...each,
    ...(each.kind === 'https' && { url: receiver }),
  }));
  return functionEnvironment(fn, endpoints, { SUBSCRIBERS: JSON.stringify(subscribers) });
}

function reportOf({ results, minified = 0, zipped = 0 }: Awaited<ReturnType<typeof measure>>) {
  const spread = ({ median, quartiles: [first, third] }: Sample, decimals: number) =>
    `${figure(median, decimals)} (${figure(first, decimals)}–${figure(third, decimals)})`;
  const row = (
    title: string,
    valuesOf: (result: Result) => readonly number[],
    decimals: number,
  ) => [title, ...results.map((result) => spread(sampleOf(valuesOf(result)), decimals))];
  return `${machineLine()}
The bundle: ${figure(minified / 1_000)} KB, zipped ${figure(zipped / 1_000, 1)} KB.
Medians; first and third quartile in brackets. Receiver and AWS are stubs on this machine.

${table([
  ['measured', ...results.map(({ name }) => name)],
  row('cold: import to first delivery, ms', ({ cold }) => cold.wall, 1),
  row('cold: import alone, ms', ({ cold }) => cold.import, 1),
  row('cold: CPU, import to first delivery, ms', ({ cold }) => cold.cpu, 1),
  row('warm: wall time a message, ms', ({ warm }) => warm.wall, 2),
  row('warm: CPU a message, ms', ({ warm }) => warm.cpu, 2),
  row('warm: messages a second of one process', ({ warm }) => warm.wall.map((ms) => 1_000 / ms), 0),
  ['warm: calls a message', ...results.map(({ calls }) => figure(calls, 0))],
])}`;
}

export const command = benchCommand(
  'Runs the forwarder that a deployment ships against stubs of AWS and of a receiver, for each kind of ' +
    'subscriber: new processes to their first delivery, and messages one after another, as Lambda hands ' +
    'them over.',
)
  .addOption(count('--runs <n>', 'new processes of each kind', 20))
  .addOption(count('--rounds <n>', 'batches of each kind', 6))
  .addOption(count('--batch <n>', 'messages a batch', 50))
  .addOption(packageOption())
  .action(async (options) => {
    const stopped = new AbortController();
    process.once('SIGINT', () => stopped.abort());
    console.log(reportOf(await measure(options, stopped.signal)));
  });

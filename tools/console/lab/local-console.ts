import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { stop } from 'esbuild';
import { SNSMessageTopic } from '../../../lib/aws/message-topic.ts';
import { type MessageFormat, notificationsIn } from '../../../lib/messages/notification.ts';
import { addresseesOf } from '../../archive/addressees.ts';
import type { Addressee } from '../../archive/deliveries.ts';
import { MessageArchive } from '../../archive/message-archive.ts';
import { QuarantineArchive } from '../../archive/quarantine-archive.ts';
import { clientOf, REGION } from '../../local/aws.ts';
import { type FaultProxy, startFaultProxy } from '../../local/fault-proxy.ts';
import type { Endpoints } from '../../local/function-definition.ts';
import type { Site } from '../../local/gateway.ts';
import { createArchiveSource } from '../server/archive-source.ts';
import { buildPage, type PageFile } from '../server/build-page.ts';
import { RequestFault } from '../server/responses.ts';
import { type ConsoleSite, createConsoleSite } from '../server/site.ts';
import type { ConsoleSource } from '../server/source.ts';
import { setupOf } from '../server/stack-setup.ts';
import { clearTable } from './clear-table.ts';
import { Facts } from './facts.ts';
import { chaosFaults } from './faults.ts';
import { Counting } from './message-fates.ts';
import { PbxDesk } from './pbx-desk.ts';
import { PolicyTrial } from './policy-trial.ts';
import type { LabSubscribers } from './subscribers.ts';

/** How often the table is read for changes that no function's call has made. */
const POLL_MS = 1_000;
/** Calls that each proxy keeps, only for debugging. */
const MAX_CALLS = 100;

/** The stack of the console, when it has started. */
export interface ConsoleStack {
  readonly name: string;
  readonly webhookUrl: string;
  /** The headers that the edge between the simulated PBX and the webhook adds. */
  readonly edgeHeaders: Readonly<Record<string, string>>;
  /** The outputs, as CloudFormation would show them. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly tableName: string;
  readonly topicArn: string;
  readonly messageFormat: MessageFormat;
  /** The country whose national numbers people write: ISO 3166. */
  readonly country: string;
  /** The addresses of the emulators. */
  readonly endpoints: Endpoints;
  /** The subscribers of settings.yml. */
  readonly subscribers: LabSubscribers;
  /** Ends the processes of the webhook's function. */
  readonly killWebhook: () => Promise<void>;
  /** Runs the sweeper's function once. */
  readonly sweep: () => Promise<unknown>;
}

/** The console of the local stack. It observes requests and calls, and injects the chosen faults. */
export interface LocalConsole
  extends Site,
    Pick<
      Facts,
      'answered' | 'notified' | 'deleted' | 'forwarderLogged' | 'emailed' | 'tunnelChanged'
    >,
    AsyncDisposable {
  /** The proxies' addresses for the functions, so that their calls are observed. */
  readonly endpoints: Endpoints;
  /** Serves the page until the result is disposed of. */
  open(stack: ConsoleStack): Promise<AsyncDisposable>;
}

/** The page is built once in this process. esbuild's own process does not outlive it. */
let page: Promise<ReadonlyMap<string, PageFile>> | undefined;

/** Starts the parts that the functions need. The page is built meanwhile. */
export async function startLocalConsole(targets: Endpoints): Promise<LocalConsole> {
  await using started = new AsyncDisposableStack();
  page ??= buildPage().finally(stop);
  const building = page;
  // `open` reports a failed build. If the start fails for another reason, nothing awaits the build.
  building.catch(() => {});
  const facts = new Facts();
  const { answered, notified, deleted, forwarderLogged, emailed, tunnelChanged } = facts;
  const watched = { onCall: facts.called, maxCalls: MAX_CALLS };
  const dynamodb = started.use(await startFaultProxy({ target: targets.dynamodb, ...watched }));
  const sns = started.use(await startFaultProxy({ target: targets.sns, ...watched }));
  let site: ConsoleSite | undefined;

  const running = started.move();
  return {
    ...{ answered, notified, deleted, forwarderLogged, emailed, tunnelChanged },
    endpoints: { dynamodb: dynamodb.url, sns: sns.url },
    owns: (request) => site?.owns(request) ?? false,
    handle: (request, response) => site?.handle(request, response),
    async open(stack) {
      await using opening = new AsyncDisposableStack();
      const addressees = await addresseesIn(stack);
      const proxies = { dynamodb, sns };
      const source = openSource(stack, facts, { proxies, addressees }, opening);
      const options = { source, page: await building, access: { kind: 'local' } } as const;
      site = opening.use(createConsoleSite(options));
      opening.defer(() => {
        site = undefined;
      });
      return opening.move();
    },
    async [Symbol.asyncDispose]() {
      await running.disposeAsync();
      await building.catch(() => {});
    },
  };
}

interface OpenedParts {
  readonly proxies: { readonly dynamodb: FaultProxy; readonly sns: FaultProxy };
  readonly addressees: readonly Addressee[];
}

/** The subscribers, and which messages each should have by its subscription. */
async function addresseesIn(stack: ConsoleStack): Promise<readonly Addressee[]> {
  const deployed = stack.subscribers.configured.map((subscriber) => subscriber.deployed);
  using clients = new DisposableStack();
  const sns = clients.adopt(new SNSClient(clientOf(stack.endpoints.sns)), destroy);
  const sqs = clients.adopt(new SQSClient(clientOf(stack.endpoints.sns)), destroy);
  return await addresseesOf(deployed, { sns, sqs }, stack.messageFormat);
}

/** The source of the local stack: the archive, the actions of the page, and the events of both. */
function openSource(
  stack: ConsoleStack,
  facts: Facts,
  { proxies, addressees }: OpenedParts,
  opened: AsyncDisposableStack,
): ConsoleSource {
  const { name, webhookUrl, messageFormat, country, endpoints, edgeHeaders } = stack;
  const { events, fates, arrived, subscribers, givenUp } = facts;
  subscribers.open(stack.subscribers);
  const client = opened.adopt(new DynamoDBClient(clientOf(endpoints.dynamodb)), destroy);
  // Replays go through the proxies, so they are observed and get the faults.
  const publisher = opened.adopt(new SNSClient(clientOf(proxies.sns.url)), destroy);
  const archive = new MessageArchive(client, stack.tableName);
  const base = createArchiveSource({
    info: {
      ...{ name, region: REGION, country, isLocal: true, messageFormat, webhookUrl },
      selector: `--local=${new URL(webhookUrl).origin}`,
    },
    setup: setupOf(stack.outputs, {
      DynamoDB: endpoints.dynamodb,
      'SNS and SQS': endpoints.sns,
    }),
    archive,
    quarantine: new QuarantineArchive(client, stack.tableName),
    toNotification: notificationsIn(messageFormat),
    attempts: facts.attempts,
    timelineOf: (messageId) => facts.timelines.of(messageId),
    subscribers: addressees,
    pollMs: POLL_MS,
    replayTopic: new SNSMessageTopic(publisher, stack.topicArn),
  });

  const faults = chaosFaults(stack.killWebhook);
  proxies.dynamodb.setFault(faults.dynamodb);
  proxies.sns.setFault(faults.sns);
  const counting = new Counting(fates, archive);
  const trial = opened.use(new PolicyTrial(endpoints.sns));
  const desk = opened.use(
    new PbxDesk({
      webhookUrl,
      edgeHeaders,
      onDelivery: (delivery) => events.tell('delivery', delivery),
      onEmail: (email) => {
        givenUp(email);
        events.tell('email', email);
      },
    }),
  );
  return {
    ...base,
    get setup() {
      const { tunnel } = facts;
      return { ...base.setup, ...(tunnel && { tunnel }) };
    },
    watch(listener) {
      const watching = new DisposableStack();
      watching.use(base.watch(listener));
      watching.use(
        events.add((...event) => {
          listener(...event);
          const [name, data] = event;
          // The page hears at once that a call has changed a message.
          if (name === 'timeline') base.poke(data.message_id);
        }),
      );
      watching.use(counting.watch((counters) => listener('counters', counters)));
      watching.use(subscribers.watch((statuses) => listener('subscribers', statuses)));
      return watching;
    },
    lab: {
      send: (request) => desk.send(request),
      deliveries: () => desk.deliveries(),
      outbox: () => desk.outbox(),
      chaos: () => faults.chaos,
      setChaos(chaos) {
        faults.chaos = chaos;
        events.tell('chaos', chaos);
      },
      async sweep() {
        await stack.sweep().catch((error: Error) => {
          throw new RequestFault(`The sweeper failed: ${error.message}`);
        });
      },
      async clear() {
        const cleared = await clearTable(client, stack.tableName);
        events.tell('hello', base.info);
        return cleared;
      },
      counters: () => counting.counters(),
      subscriber: () => arrived.latest(),
      subscribers: () => subscribers.statuses(),
      emails: () => subscribers.emails(),
      async filter({ policy }) {
        const messages = arrived.latest();
        const through = await trial.matching(policy, messages);
        const idsOf = (isThrough: boolean) =>
          messages.filter((each) => through.has(each) === isThrough).map(({ id }) => id);
        return { matching: idsOf(true), others: idsOf(false) };
      },
    },
  };
}

function destroy(client: { destroy(): void }): void {
  client.destroy();
}

import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient, paginateScan, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { Option } from '@commander-js/extra-typings';
import {
  benchCommand,
  packageOption,
  positive,
  progress,
  seed as seedOption,
} from '../bench/command.ts';
import { packaged } from '../bench/stacks.ts';
import { clientOf } from '../local/aws.ts';
import { startFaultProxy } from '../local/fault-proxy.ts';
import { type LocalStack, startLocalStack } from '../local/stack.ts';
import { sendAsPbx } from '../pbx-simulator/simulator.ts';
import { chance, randomFaults } from './random-faults.ts';
import {
  type ArrivedMessage,
  Ledger,
  reconcile,
  reconciliationText,
  type StoredMessage,
  storedMessage,
} from './reconcile.ts';

const DUPLICATES = 0.2;
const FAULTS_PER_CALL = 0.08;
/** Longer than the SDK waits for a call that hangs. */
const QUIET_MS = 3_000;

const options = benchCommand(
  'Sends messages to the service on this machine while its AWS calls fail and its processes die, then ' +
    'compares what was sent, answered 200, stored, published and delivered. Fails on any difference.',
)
  .addOption(positive('--minutes <n>', 'how long to send', 1))
  .addOption(positive('--rate <r>', 'messages a second, on time however slow the answers are', 5))
  .addOption(seedOption('what decides the faults and the duplicates'))
  .addOption(
    new Option('--faults <on|off>', 'whether calls fail')
      .choices(['on', 'off'] as const)
      .default('on'),
  )
  .addOption(packageOption());
type Settings = ReturnType<typeof options.opts>;

export const command = options.action(async (settings) => {
  await using folder = await packaged(settings.package);
  if (!(await soak(settings, folder.path))) process.exitCode = 1;
});

async function readTable(client: DynamoDBClient, TableName: string) {
  const stored = new Map<string, StoredMessage>();
  for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
    for (const item of Items) stored.set(item.message_id?.S ?? '', storedMessage(item));
  }
  return stored;
}

/** Runs sweeps, with claims and grace period made to end, until there is nothing to do. */
async function sweepAll(stack: LocalStack, client: DynamoDBClient) {
  let stored = await readTable(client, stack.tableName);
  for (let sweeps = 0; sweeps < 10 && [...stored.values()].some((m) => m.pending); sweeps++) {
    for (const [message_id, { pending }] of stored) {
      if (!pending) continue;
      await client.send(
        new UpdateItemCommand({
          TableName: stack.tableName,
          Key: { message_id: { S: message_id } },
          UpdateExpression: 'SET received_at = :long_ago, claim_until = :long_ago',
          ExpressionAttributeValues: { ':long_ago': { N: '1000' } },
        }),
      );
    }
    await stack.invoke('publishPending', {});
    stored = await readTable(client, stack.tableName);
  }
  return stored;
}

/** Waits until a count does not change for a while. Then nothing is running any more. */
async function quiet(count: () => number, forMs: number): Promise<void> {
  for (let before = -1; before !== count(); await delay(forMs)) before = count();
}

/** @returns Whether the guarantee was kept. */
async function soak({ minutes, rate, seed, faults }: Settings, packageDir: string) {
  await using dynamodb = await startFaultProxy({ target: '' });
  await using sns = await startFaultProxy({ target: '' });
  const arrived: ArrivedMessage[] = [];
  await using stack = await startLocalStack({
    packageDir,
    endpoints: { dynamodb: dynamodb.url, sns: sns.url },
    onNotification: ({ message }) => {
      const { message_id: id, body: text } = JSON.parse(message);
      arrived.push({ id, text });
    },
  });
  dynamodb.setTarget(stack.dynamodbEndpoint);
  sns.setTarget(stack.snsEndpoint);

  const ledger = new Ledger();
  const kill = () => stack.killInstances('receiveSms');
  const fault =
    faults === 'on' ? randomFaults({ seed, rate: FAULTS_PER_CALL, ledger, kill }) : undefined;
  for (const proxy of [dynamodb, sns]) proxy.setFault(fault);

  const total = Math.max(1, Math.round(minutes * 60 * rate));
  const sending: Promise<void>[] = [];
  const send = async (id: string, text: string) => {
    const message = ledger.begin(id, text);
    const fields = { message_id: id, from: '+61400000001', sms_number: '+61400000002', body: text };
    const during: typeof fetch = (...request) => ledger.during(id, () => fetch(...request));
    const retry = { delayMs: 300 };
    const result = await sendAsPbx({ url: stack.webhookUrl, fields, retry, fetch: during });
    if (result.delivered) message.answered++;
    if (result.emailed) message.emailed++;
  };
  const state = () =>
    `${ledger.sent.size} of ${total} messages, ${ledger.inFlight.length} requests under way, ` +
    `${arrived.length} arrived; faults: ${ledger.faultsText}`;

  progress(`Sending for ${minutes} min, ${rate} a second, seed ${seed} ...`);
  const timer = setInterval(() => progress(state()), 10_000);
  const begin = Date.now();
  for (let index = 0; index < total; index++) {
    await delay(Math.max(0, begin + (index * 1000) / rate - Date.now()));
    const id = `${seed}-${index}`;
    const launch = () => sending.push(send(id, `Message ${index} of ${seed}: ✓`));
    launch();
    if (chance(seed, id, 'duplicate') < DUPLICATES) launch();
  }
  await Promise.all(sending);
  clearInterval(timer);
  progress(state());

  for (const proxy of [dynamodb, sns]) proxy.setFault(undefined);
  await quiet(() => dynamodb.calls.length + sns.calls.length, QUIET_MS);
  const client = new DynamoDBClient(clientOf(stack.dynamodbEndpoint));
  const stored = await sweepAll(stack, client);
  client.destroy();
  await quiet(() => arrived.length, 1_000);

  const result = reconcile({ sent: ledger.sent, stored, arrived });
  console.log(`\nSeed ${seed}; faults: ${ledger.faultsText}\n${reconciliationText(result)}`);
  return result.differences.length === 0;
}

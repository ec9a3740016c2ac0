import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf } from '../../../tools/local/aws.ts';
import { type Gateway, startGateway } from '../../../tools/local/gateway.ts';
import { FunctionLogs, LOGS_PATH } from '../../../tools/local/logs.ts';

const GROUP = '/aws/lambda/f';
const conflict = (id: string) => JSON.stringify({ outcome: 'conflict', message_id: id });

let gateway: Gateway;
let client: CloudWatchLogsClient;
const logs = new FunctionLogs();
beforeAll(async () => {
  gateway = await startGateway({
    routes: [],
    invoke: async () => ({ ok: true, result: {} }),
    ownPaths: { [LOGS_PATH]: ({ headers, body }) => logs.respond(headers, body) },
  });
  client = new CloudWatchLogsClient(clientOf(gateway.url + LOGS_PATH));
});
afterAll(async () => {
  client?.destroy();
  await gateway?.[Symbol.asyncDispose]();
});

const filter = (input: object) =>
  client.send(new FilterLogEventsCommand({ logGroupName: GROUP, ...input }));

describe('the logs of the functions, for an SDK client', () => {
  it('are empty before the first line', async () => {
    expect((await filter({})).events).toEqual([]);
  });

  it('can be filtered by a field and by time', async () => {
    logs.append(GROUP, conflict('a'), 1_000);
    logs.append(GROUP, 'not JSON', 1_001);
    logs.append(GROUP, JSON.stringify({ outcome: 'published' }), 1_002);
    logs.append(GROUP, conflict('b'), 1_003);
    logs.append('/aws/lambda/other', conflict('c'), 1_003);
    const filterPattern = '{ $.outcome = "conflict" }';
    const found = async (input: object) =>
      (await filter(input)).events?.map(({ timestamp }) => timestamp);
    expect(await found({})).toEqual([1_000, 1_001, 1_002, 1_003]);
    expect(await found({ filterPattern })).toEqual([1_000, 1_003]);
    expect(await found({ filterPattern, startTime: 1_001 })).toEqual([1_003]);
    expect(await found({ filterPattern, endTime: 1_003 })).toEqual([1_000]);
  });

  it('are read in pages', async () => {
    const logGroupName = '/aws/lambda/busy';
    for (let n = 0; n < 2_500; n++) logs.append(logGroupName, String(n), n);
    const messages: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await filter({ logGroupName, nextToken });
      messages.push(...(page.events ?? []).map(({ message }) => message));
      nextToken = page.nextToken;
    } while (nextToken);
    expect(messages).toEqual(Array.from({ length: 2_500 }, (_, n) => String(n)));
  });

  it('keep only the newest lines', async () => {
    const logGroupName = '/aws/lambda/long';
    for (let n = 0; n < 10_005; n++) logs.append(logGroupName, String(n), n);
    const { events } = await filter({ logGroupName });
    expect(events?.[0]?.message).toBe('5');
  });

  it('refuse unsupported requests', async () => {
    await expect(filter({ filterPattern: '?ERROR' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
    await expect(client.send(new DescribeLogGroupsCommand({}))).rejects.toThrow(
      'The local stack knows no Logs_20140328.DescribeLogGroups',
    );
  });
});

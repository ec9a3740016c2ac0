import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { StackEvent } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hangUp, listen } from '../../tools/local/listen.ts';
import { inServiceCopy } from '../../tools/local/package-service.ts';
import { TOKEN } from '../helpers/compiled-template.ts';
import { has } from '../helpers/shell.ts';
import { hasMoto, type Moto, startMoto } from '../tools/cli/moto.ts';

const { tableLeftBehind, whatToDoAboutTable } = await vi.importActual<{
  tableLeftBehind(events: readonly Partial<StackEvent>[]): string | undefined;
  whatToDoAboutTable(names: { table: string; stack: string; region: string }): string[];
}>('../../infra/plugin/table-left-behind.js');

const STACK = 'inbound-sms-prod';
const TABLE = `${STACK}-MessagesTable-1A2B3C4D5E6F`;

const stackEvent = (ResourceStatus: StackEvent['ResourceStatus']) => ({
  ...{ ResourceType: 'AWS::CloudFormation::Stack', LogicalResourceId: STACK, ResourceStatus },
});
const tableEvent = (ResourceStatus: StackEvent['ResourceStatus'], PhysicalResourceId = '') => ({
  ...{ ResourceType: 'AWS::DynamoDB::Table', LogicalResourceId: 'MessagesTable', ResourceStatus },
  PhysicalResourceId,
});
/** AWS's order, latest first. */
const latestFirst = (...events: Partial<StackEvent>[]) => events.toReversed();

describe('the table that a failed deploy leaves behind', () => {
  it.each(['CREATE_COMPLETE', 'CREATE_IN_PROGRESS', 'CREATE_FAILED'] as const)(
    'is one that the operation has made: %s',
    (status) => {
      const events = latestFirst(
        stackEvent('UPDATE_IN_PROGRESS'),
        tableEvent('CREATE_IN_PROGRESS'),
        tableEvent(status, TABLE),
        stackEvent('UPDATE_ROLLBACK_IN_PROGRESS'),
        stackEvent('UPDATE_ROLLBACK_COMPLETE'),
        tableEvent('DELETE_SKIPPED', TABLE),
      );
      expect(tableLeftBehind(events)).toBe(TABLE);
    },
  );

  it('does not exist if AWS was not asked for it yet', () => {
    const events = latestFirst(stackEvent('UPDATE_IN_PROGRESS'), tableEvent('CREATE_IN_PROGRESS'));
    expect(tableLeftBehind(events)).toBeUndefined();
  });

  it('is not an earlier deploy’s table', () => {
    const events = latestFirst(
      stackEvent('UPDATE_IN_PROGRESS'),
      tableEvent('CREATE_COMPLETE', TABLE),
      stackEvent('UPDATE_COMPLETE'),
      stackEvent('UPDATE_IN_PROGRESS'),
      tableEvent('UPDATE_COMPLETE', TABLE),
    );
    expect(tableLeftBehind(events)).toBeUndefined();
  });
});

/** CloudFormation's events of a rollback, which Moto never returns. */
function failedEvents(): string {
  const events = latestFirst(
    stackEvent('UPDATE_IN_PROGRESS'),
    tableEvent('CREATE_COMPLETE', TABLE),
    {
      ...{ ResourceType: 'AWS::IAM::Role', LogicalResourceId: 'ReceiveSmsRole' },
      ...{ ResourceStatus: 'CREATE_FAILED', ResourceStatusReason: 'not allowed' },
    },
  );
  const members = events.map((event, index) => {
    const fields = { EventId: String(index), StackName: STACK, StackId: 'arn', ...event };
    const xml = Object.entries({ ...fields, Timestamp: new Date().toISOString() });
    return `<member>${xml.map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</member>`;
  });
  return `<DescribeStackEventsResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStackEventsResult><StackEvents>${members.join('')}</StackEvents></DescribeStackEventsResult></DescribeStackEventsResponse>`;
}

describe.skipIf(!hasMoto)('a first deploy that fails', () => {
  let moto: Moto;
  const cleanUp = new AsyncDisposableStack();

  beforeAll(async () => {
    moto = cleanUp.use(await startMoto());
  }, 60_000);
  afterAll(() => cleanUp.disposeAsync());

  /** A Moto whose stack fails from its first update on. */
  async function startFailingAws(): Promise<string> {
    let fails = false;
    const server = createServer(async (incoming, response) => {
      const body = await buffer(incoming);
      const action = new URLSearchParams(String(body)).get('Action');
      fails ||= action === 'UpdateStack';
      if (fails && action === 'DescribeStackEvents') {
        response.writeHead(200, { 'content-type': 'text/xml' }).end(failedEvents());
        return;
      }
      const { method, headers, url = '/' } = incoming;
      const outgoing = request(new URL(url, moto.endpoint), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      outgoing.on('error', () => response.destroy());
      outgoing.end(body);
    });
    const port = await listen(server);
    cleanUp.defer(() => hangUp(server));
    return `http://127.0.0.1:${port}`;
  }

  async function deploy(endpoint: string, stage = 'prod'): Promise<string> {
    const { PATH = '', HOME = '' } = process.env;
    return inServiceCopy(async (folder) => {
      const env = {
        ...{ PATH, HOME, TMPDIR: folder, WEBHOOK_TOKENS: TOKEN },
        ...{ AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
        SLS_AWS_MONITORING_FREQUENCY: '200',
        ALARM_EMAIL: '',
      };
      const args = ['deploy', '--stage', stage, '--region', 'us-east-1'];
      const program = 'node_modules/serverless/bin/serverless.js';
      const options = { cwd: folder, env, timeout: 120_000 };
      const run = promisify(execFile)(process.execPath, [program, ...args], options);
      return run.then(
        () => expect.unreachable('It was deployed'),
        ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
      );
    });
  }

  it('says that the table is left, and how to delete it', async () => {
    const said = await deploy(await startFailingAws());
    expect(said).toContain('ReceiveSmsRole');
    for (const line of whatToDoAboutTable({ table: TABLE, stack: STACK, region: 'us-east-1' })) {
      expect(said).toContain(line);
    }
  }, 180_000);

  it('says nothing on a stage whose table is not kept', async () => {
    expect(await deploy(await startFailingAws(), 'dev')).not.toContain(TABLE);
  }, 180_000);

  it.skipIf(!has('aws'))(
    'is told commands that delete a protected table',
    async () => {
      const env = {
        ...process.env,
        AWS_ENDPOINT_URL: moto.endpoint,
        AWS_ACCESS_KEY_ID: 'id',
        AWS_SECRET_ACCESS_KEY: 'secret',
      };
      const shell = async (command: string) =>
        (await promisify(execFile)('bash', ['-c', command], { env })).stdout;
      const list = 'aws dynamodb list-tables --output text --region us-east-1';
      const table = new RegExp(`${STACK}-MessagesTable-\\w+`).exec(await shell(list))?.[0] ?? '';
      expect(table).not.toBe('');
      const remove = `aws dynamodb delete-table --region us-east-1 --table-name ${table}`;
      await expect(shell(remove)).rejects.toThrow(/DeletionProtection/);

      const names = { table, stack: STACK, region: 'us-east-1' };
      const commands = whatToDoAboutTable(names).filter((line) => line.startsWith('  aws '));
      expect(commands.length).toBeGreaterThan(3);
      // Moto has no rollback to wait for.
      for (const command of commands.filter((line) => !line.includes('stack-rollback-complete'))) {
        const said = await shell(command);
        if (command.includes(' scan ')) expect(JSON.parse(said)).toMatchObject({ Count: 0 });
      }
      expect(await shell(list)).not.toContain(table);
    },
    120_000,
  );
});

it('docs/deploy.md has the same commands', async () => {
  const document = await readFile(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const [, section = ''] = document.split('\n## A deploy that fails\n');
  const names = { table: 'TABLE', stack: STACK, region: 'REGION' };
  const commands = whatToDoAboutTable(names)
    .filter((line) => line.startsWith('  aws '))
    .map((line) => line.trim());
  expect(section).toContain(commands.join('\n'));
});

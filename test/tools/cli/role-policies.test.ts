import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tokensParameter } from '../../../infra/plugin/stored-tokens.js';
import { notificationsIn } from '../../../lib/messages/notification.ts';
import { EXIT } from '../../../tools/cli/cli-error.ts';
import { LEASE_TAG } from '../../../tools/cli/tail-queue.ts';
import { inServiceCopy } from '../../../tools/local/package-service.ts';
import { someRecord } from '../../fixtures/messages.ts';
import { ask, asPage, beginSession } from '../../helpers/console-site.ts';
import {
  type DocumentedStatement,
  type Place,
  policyOf,
  weakened,
} from '../../helpers/documented-policies.ts';
import { evaluateIam } from '../../helpers/evaluate-iam.ts';
import { clockOf } from '../../helpers/moved-clock.ts';
import {
  documentedRoles,
  headingOf,
  type RolePolicies,
  rolePolicies,
  tableBelow,
} from '../../helpers/role-policies.ts';
import { temporaryDir } from '../local/temporary-dir.ts';
import { serve } from './in-place-of-aws.ts';
import { hasMoto } from './moto.ts';
import { type MotoStack, startMotoStack } from './moto-stack.ts';
import { type Recorder, startRecorder, type Use } from './recorder.ts';
import { type CliOptions, type CliResult, documentsOf, runCli, startCli } from './run-cli.ts';
import { publishedAt } from './stored-messages.ts';

const STACK = 'inbound-sms-prod';
const toNotification = notificationsIn('inbound-sms');
const TOKEN = 'current-token-of-the-webhook-123';
/** It is stored and not deployed, so it may be retired. */
const UNUSED_TOKEN = 'unused-token-of-the-webhook-1234';
/** The account is Moto's own. */
const HOME: Place = { partition: 'aws', region: 'us-east-1', account: '123456789012' };
const SERVERLESS = join('node_modules', 'serverless', 'bin', 'serverless.js');
const ROLES = documentedRoles();

const MESSAGE = someRecord({
  message_id: 'stored',
  received_at: Date.now() - 60_000,
  ...publishedAt(Date.now() - 59_000),
});

const isAllowed = (use: Use, statements: readonly DocumentedStatement[]) =>
  evaluateIam(
    { principal: `arn:aws:iam::${HOME.account}:user/somebody`, ...use },
    { identity: [policyOf(statements)] },
  ) === 'allowed';
const refused = (uses: readonly Use[], statements: readonly DocumentedStatement[]) =>
  uses.filter((use) => !isAllowed(use, statements));

/** As `token new` does. */
async function storeTokens(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  const ssm = new SSMClient({ endpoint, region: HOME.region, credentials });
  const Name = tokensParameter('inbound-sms', 'prod');
  const Value = [UNUSED_TOKEN, TOKEN].join('\n');
  await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString' }));
  ssm.destroy();
}

describe.skipIf(!hasMoto)('the policies of readers and operators', () => {
  let stack: MotoStack;
  let recorder: Recorder;
  let policies: RolePolicies;
  /** What each command has called. */
  const runs: { readonly command: string; readonly uses: readonly Use[] }[] = [];

  const env = () => ({
    AWS_ENDPOINT_URL: recorder.url,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: HOME.region,
  });
  /** What is attached to somebody who runs this. */
  const attachedFor = (command: string): readonly DocumentedStatement[] => {
    const { reader, operator } = policies;
    switch (ROLES.get(command)) {
      case 'reader':
        return reader.policy;
      case 'operator':
        return [...reader.policy, ...operator.policy];
      default:
        throw new Error(`docs/permissions.md does not say who may run: ${command}`);
    }
  };

  beforeAll(async () => {
    policies = await rolePolicies(HOME);
    stack = await startMotoStack(STACK, HOME.region);
    recorder = await startRecorder(stack.endpoint, HOME.account);
    await stack.deployTokens(TOKEN);
    await storeTokens(stack.endpoint);
    await stack.store(MESSAGE);
    await stack.store({ ...MESSAGE, message_id: 'console', from: '+61400000009' });
    for (const sent_message_id of ['first', 'second']) {
      const quarantine_id = hash('sha256', sent_message_id).slice(0, 32);
      await stack.quarantine({ quarantine_id, sent_message_id });
    }
  }, 60_000);
  afterAll(async () => {
    await recorder?.[Symbol.asyncDispose]();
    await stack?.[Symbol.asyncDispose]();
  });

  /**
   * Runs a command with the policies of its role in force: everything else is refused, as AWS would.
   *
   * @param command As docs/permissions.md names it.
   * @param optional Actions that it goes on without.
   */
  async function check<T>(
    command: string,
    run: () => Promise<T>,
    optional: readonly string[] = [],
  ): Promise<T> {
    const statements = attachedFor(command);
    const before = recorder.uses.length;
    recorder.allowOnly((use) => isAllowed(use, statements));
    const result = await run();
    const uses = recorder.uses.slice(before);
    const missing = refused(uses, statements);
    runs.push({ command, uses: uses.filter((use) => !missing.includes(use)) });
    expect(uses).not.toEqual([]);
    expect([...new Set(missing.map(({ action }) => action))]).toEqual(optional);
    return result;
  }
  const cli = (command: string, options: CliOptions = {}): Promise<CliResult> =>
    runCli([...command.replace('TABLE', stack.tableName).split(' '), '--stage', 'prod'], {
      ...options,
      env: { ...env(), ...options.env },
    });

  it.each([
    ['list', 'list --json'],
    ['list', 'list --conflicts --json'],
    ['list', 'list --table TABLE'],
    ['show', `show ${MESSAGE.message_id}`],
    ['stats', 'stats'],
    ['export', 'export'],
    ['export', 'export --table TABLE'],
    ['reconcile', 'reconcile --subscriber crm'],
    ['quarantine', 'quarantine'],
    ['quarantine list', 'quarantine list'],
    ['quarantine show', 'quarantine show first'],
    ['quarantine accept', 'quarantine accept first'],
    ['quarantine discard', 'quarantine discard second --yes'],
    ['url --show-token', 'url --show-token'],
    ['version', 'version'],
    ['subscribers', 'subscribers'],
    ['secret list', 'secret list'],
    ['token list', 'token list'],
    ['token show', 'token show --show-token'],
    ['token new', 'token new'],
    ['token retire', 'token retire 1'],
    ['send', 'send --id sent'],
    ['replay', `replay ${MESSAGE.message_id} --yes`],
    ['replay', `replay ${MESSAGE.message_id} --subscriber jobs`],
    ['subscribers test', 'subscribers test jobs'],
    ['secret set', 'secret set CRM_SECRET --generate'],
    ['redrive', 'redrive jobs --dry-run'],
  ])('%s: %s', async (command, line) => {
    const { code, stderr } = await check(command, () => cli(line));
    expect(code, stderr).toBe(0);
  });

  it.each(['console', 'console --allow-replay'])(
    '%s',
    async (command) => {
      const statuses = await check(command, async () => {
        const args = [...command.split(' '), '--stage', 'prod', '--json'];
        const running = await startCli(args, { env: env() });
        await vi.waitFor(() => expect(running.stdout()).toContain('\n'), 25_000);
        const [{ url }] = documentsOf({ stdout: running.stdout() });
        const session = await beginSession(url);
        const api = (path: string) => new URL(`/_console/api/${path}`, url).href;
        const answers = [];
        for (const path of ['messages?limit=1', 'messages/console', 'attempts']) {
          answers.push(await ask(api(path), { headers: session }));
        }
        if (command.includes('replay')) {
          const { headers, body } = asPage(url, { message_ids: ['console'] });
          const asked = {
            method: 'POST',
            headers: { ...headers, ...session },
            ...(body && { body }),
          };
          answers.push(await ask(api('replay'), asked));
        }
        running.child.kill('SIGINT');
        await running.result;
        return answers.map(({ status }) => status);
      });
      expect(new Set(statuses)).toEqual(new Set([200]));
    },
    60_000,
  );

  it('forget, also if there are dead letters', async () => {
    for (const record of [MESSAGE, someRecord({ from: '+61400000008' })]) {
      await stack.die('crm', toNotification(record).message);
    }
    const { code, stdout } = await check('forget', () => cli(`forget ${MESSAGE.from} --yes`));
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('crm: 1 message deleted from its dead-letter queue.'),
    });
  });

  it('subscribers test, also where it waits for the log', async () => {
    const { stdout } = await check('subscribers test', () =>
      cli('subscribers test crm --timeout 1'),
    );
    expect(stdout).toMatch(/^crm: the outcome of canary-/);
  });

  it('subscribers confirm', async () => {
    const link = `https://example.com/?${new URLSearchParams({ TopicArn: stack.teamTopicArn, Token: 't' })}`;
    const { code, stderr } = await check('subscribers confirm', () =>
      cli(`subscribers confirm team ${link}`),
    );
    expect(code, stderr).toBe(0);
  });

  it('reconcile --replay', async () => {
    const now = Date.now() + 1_000;
    await stack.store({ message_id: 'missing', received_at: now, ...publishedAt(now) });
    const clock = join(await temporaryDir(), 'clock');
    await writeFile(clock, '3600000');
    const { code, stdout, stderr } = await check('reconcile --replay', () =>
      cli('reconcile --ids - --subscriber team --since 1d --until now --replay --yes', {
        env: clockOf(clock),
      }),
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^[1-9]\d* messages? sent to team again/m);
  });

  it('redrive', async () => {
    await stack.die('jobs', 'a dead letter');
    const { code, stdout } = await check('redrive', () => cli('redrive jobs'));
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1 message/),
    });
  });

  it('tail, also if it removes what a killed one has left', async () => {
    await stack.subscribeQueue(`${STACK}-tail-killed`, { [LEASE_TAG]: '1700000000' });
    await stack.subscribeQueue(`${STACK}-tail-running`, { [LEASE_TAG]: String(Date.now()) });
    const { code } = await check('tail', async () => {
      const args = ['tail', '--limit', '1', '--stage', 'prod'];
      const running = await startCli(args, { env: env() });
      await vi.waitFor(() => expect(running.stderr()).toContain('Waiting'), 25_000);
      await stack.accept({ from: '+1', message_id: 'tailed' });
      return running.result;
    });
    expect(code).toBe(0);
  }, 60_000);

  it('listen, for one subscriber', async () => {
    const url = await serve((_, response) => void response.writeHead(204).end());
    const { code } = await check('listen', async () => {
      const to = ['--forward-to', url, '--subscriber', 'team', '--since', '1m'];
      const running = await startCli(['listen', ...to, '--stage', 'prod'], { env: env() });
      await vi.waitFor(() => expect(running.stderr()).toContain('Listening'), 25_000);
      await stack.accept({ from: '+1', message_id: 'heard' });
      await vi.waitFor(() => expect(running.stdout()).toContain('heard'), 40_000);
      running.child.kill('SIGINT');
      return running.result;
    });
    expect(code).toBe(130);
  }, 90_000);

  it('url, without the token', async () => {
    const { code, stdout } = await check('url', () => cli('url'), ['ssm:GetParameter']);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\/TOKEN$/m),
    });
  });

  it('doctor', async () => {
    await stack.subscribeQueue('a-queue-of-mine');
    const { stdout } = await check('doctor', () => cli('doctor'));
    expect(stdout).toContain('subscription');
    expect(stdout).toMatch(/^ok\tcanary removed/m);
  }, 60_000);

  it('doctor --no-canary, which skips the check of the token', async () => {
    const { stdout } = await check('doctor --no-canary', () => cli('doctor --no-canary'), [
      'ssm:GetParameter',
    ]);
    const skipped = [...stdout.matchAll(/^skipped\t([^\t]+)/gm)].map(([, name]) => name);
    // There is no settings.yml here.
    expect(skipped).toEqual(['subscriber', 'token', 'canary']);
  }, 60_000);

  it('bin/serverless logs and metrics', async () => {
    await stack.log(Date.now(), { outcome: 'published' });
    await inServiceCopy(async (folder) => {
      for (const name of ['logs', 'metrics']) {
        const options = ['--stage', 'prod', '--region', HOME.region];
        const args = [
          SERVERLESS,
          name,
          ...(name === 'logs' ? ['-f', 'receiveSms'] : []),
          ...options,
        ];
        const { PATH = '' } = process.env;
        const { stdout, stderr } = await check(`bin/serverless ${name}`, () =>
          promisify(execFile)(process.execPath, args, {
            cwd: folder,
            env: { ...env(), PATH, HOME: folder, TMPDIR: folder },
          }),
        );
        if (name === 'logs') expect(stdout + stderr).toContain('published');
      }
    });
  }, 120_000);

  it('a command without one of its statements says what it lacks, and where the policies are', async () => {
    const { reader, operator } = policies;
    const rest = operator.policy.filter(({ Sid }) => Sid !== 'DeleteMessages');
    recorder.allowOnly((use) => isAllowed(use, [...reader.policy, ...rest]));
    await stack.store({ ...MESSAGE, message_id: 'kept', from: '+61400000007' });
    const { code, stderr } = await cli('forget +61400000007 --yes');
    expect(code).toBe(EXIT.notAllowed);
    expect(stderr).toContain('not authorized to perform: dynamodb:DeleteItem');
    expect(stderr).toContain('docs/permissions.md');
  });

  it('every command of these roles was run', () => {
    const named = [...ROLES].filter(([, role]) => /^(reader|operator)$/.test(role));
    expect(new Set(runs.map(({ command }) => command))).toEqual(
      new Set(named.map(([name]) => name)),
    );
  });

  it.each(['reader', 'operator'] as const)('the %s’s has nothing that can be left out', (role) => {
    const { policy } = policies[role];
    const spare = [...weakened(policy)]
      .filter(({ statements }) =>
        runs.every(({ command, uses }) => {
          const others = attachedFor(command).filter((each) => !policy.includes(each));
          return refused(uses, [...others, ...statements]).length === 0;
        }),
      )
      .map(({ without }) => without);
    expect(spare).toEqual([]);
  });

  it.each(['reader', 'operator'] as const)(
    'the %s’s statements are told with the commands that need them',
    (role) => {
      const ofRole = runs.filter(({ command }) => ROLES.get(command) === role);
      const all = new Set(ofRole.map(({ command }) => command));
      const needing = policies[role].policy.map((statement) => {
        const uses = ofRole.filter((run) => run.uses.some((use) => isAllowed(use, [statement])));
        return [statement.Sid, new Set(uses.map(({ command }) => command))];
      });
      const documented = tableBelow(`## ${headingOf(role)}`).map(([sid, commands]) => {
        const named = new Set(commands?.code);
        const isException = commands?.text.startsWith('all but');
        return [
          sid?.code[0],
          isException ? new Set([...all].filter((each) => !named.has(each))) : named,
        ];
      });
      expect(documented).toEqual(needing);
    },
  );

  it.each(['aws-cn', 'aws-us-gov'])('are the same in the partition %s', async (partition) => {
    const { reader, operator } = await rolePolicies({ ...HOME, partition });
    const moved = (arn: string) => arn.replace(/^arn:aws:/, `arn:${partition}:`);
    const uses = runs
      .flatMap((run) => run.uses)
      .map(({ action, resource, context = {} }) => ({
        ...{ action, resource: moved(resource) },
        context: Object.fromEntries(Object.entries(context).map(([key, arn]) => [key, moved(arn)])),
      }));
    expect(refused(uses, [...reader.policy, ...operator.policy])).toEqual([]);
  });
});

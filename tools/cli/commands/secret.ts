import { randomBytes } from 'node:crypto';
import { abortable } from '../../archive/abortable.ts';
import type { Kind } from '../../shared/subscriber-outputs.ts';
import { usageError } from '../cli-error.ts';
import {
  calledOn,
  missingStackText,
  stackCommand,
  stackOptionsOf,
  subcommand,
  withStack,
} from '../command.ts';
import type { Output } from '../output.ts';
import { readSecret } from '../read-secret.ts';
import type { Runtime } from '../runtime.ts';
import { checkSecretValue, writeLocally } from '../secret-value.ts';
import type { Stack } from '../stack.ts';
import { storedSecrets } from '../stored-secrets.ts';
import type { Row } from '../table.ts';
import { localTime } from '../times.ts';

/** As settings.yml takes it. */
const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/** `inbound-sms secret` */
export function secretCommand(runtime: Runtime) {
  return stackCommand(runtime, 'secret', {
    summary: 'store the secrets of subscribers, and list their names',
    description:
      'settings.yml has the names of secrets. The values are in the Parameter Store of AWS Systems Manager, encrypted, at /SERVICE/STAGE/NAME. The local stack reads them from .env.local, or from .env if there is no such file.',
    examples: [
      ['set SLACK_URL --stage prod', 'asks for the value'],
      ['list --stage prod', 'names and dates'],
    ],
  })
    .helpCommand('help [command]', 'show the help of a command')
    .addCommand(setCommand(runtime))
    .addCommand(listCommand(runtime));
}

function setCommand(runtime: Runtime) {
  return subcommand(runtime, 'secret', 'set', {
    summary: 'store a secret, or replace it',
    description:
      'At a terminal it asks for the value, and does not show it. Otherwise it reads stdin without the last line break. It refuses a value that the subscribers of settings.yml or of the stack cannot use: a slack or teams secret is a URL, an https secret is base64. While an https receiver changes its secret, store both with a space between. It works before the first deploy, too. The forwarder uses a new value within 5 minutes, without a deploy.',
    examples: [
      ['SLACK_URL --stage prod', 'asks for the value'],
      ['CRM_SECRET --stage prod --generate', 'makes a secret that signs'],
      ['CRM_SECRET --stage prod < secret.txt', 'reads the value from a file'],
    ],
  })
    .argument('<name>', 'name of the secret in settings.yml')
    .option('--generate', 'make a secret for an https subscriber, and print it once')
    .action((name, { generate: isGenerated = false }, command) => {
      if (!NAME.test(name)) {
        throw usageError(
          'The name of a secret has capital letters, digits and underscores, begins with a letter, and has 64 characters at most.',
          'Use the name of settings.yml, such as CRM_SECRET.',
        );
      }
      return withStack(
        runtime,
        stackOptionsOf(command),
        (stack, output) => setSecret(stack, name, isGenerated, runtime, output),
        // A subscriber's first deploy needs its secret.
        { mayBeMissing: true },
      );
    });
}

async function setSecret(
  stack: Stack,
  name: string,
  isGenerated: boolean,
  runtime: Runtime,
  output: Output,
): Promise<void> {
  if (stack.isLocal) {
    throw usageError(
      "The local stack reads secrets from a file in the project's folder, so nothing was stored.",
      `${writeLocally(name)} It is used within 5 minutes.`,
    );
  }
  const Name = stack.secretParameter(name);
  const users = (await knownUsers(stack, runtime, output)).filter(({ secret }) => secret === name);
  const value = isGenerated
    ? `whsec_${randomBytes(32).toString('base64')}`
    : await readSecret(runtime, `Value of ${name} (not shown): `);
  checkSecretValue(value, users);
  const ssm = await stack.clients.ssm();
  const { Version: version } = await abortable(output.signal, (abort) =>
    // AWS takes no tags with `Overwrite`.
    ssm.putParameter(
      {
        ...{ Name, Value: value, Type: 'SecureString', Overwrite: true },
        Description: `A secret of the stack ${stack.name}`,
      },
      abort,
    ),
  );
  const used_by = users.map((user) => user.name);
  if (output.isJson) {
    await output.json({ name, version, used_by, ...(isGenerated && { secret: value }) });
    return;
  }
  if (isGenerated) await output.text(value);
  else await output.text(`${name} is stored, version ${version}.`);
  if (isGenerated) output.note('Give it to the receiver now: it is not shown again.');
  output.note(useText(stack, name, users));
}

function useText(stack: Stack, secret: string, users: readonly User[]): string {
  const [now, later] = [true, false].map((isDeployed) =>
    users.flatMap((user) => (user.isDeployed === isDeployed ? user.name : [])).join(', '),
  );
  const lines = [
    now && `${now} will use it within 5 minutes.`,
    later && `${later} will use it after the next deploy.`,
    users.length === 0 &&
      `No subscriber of ${stack.name} uses ${secret} yet. Check the name in settings.yml.`,
    stack.isMissing && missingStackText(stack),
  ];
  return lines.filter(Boolean).join('\n');
}

/** A subscriber that uses a secret. */
interface User {
  readonly name: string;
  readonly kind: Kind;
  readonly secret: string;
  /** Otherwise only settings.yml has it. */
  readonly isDeployed: boolean;
}

/** The subscribers of settings.yml that have a secret, and deployed ones that settings.yml lacks. */
async function knownUsers(stack: Stack, runtime: Runtime, output: Output): Promise<User[]> {
  const { configuredSubscribers } = await import('../configured-subscribers.ts');
  const deployed = stack.subscribers;
  const isDeployed = ({ name }: { name: string }) => deployed.some((each) => each.name === name);
  let configured: ReturnType<typeof configuredSubscribers>;
  try {
    configured = configuredSubscribers(stack, runtime);
  } catch (error) {
    output.note(`settings.yml cannot be read: ${(error as Error).message}`);
  }
  const isConfigured = ({ name }: { name: string }) =>
    configured?.some((each) => each.name === name);
  return [...(configured ?? []), ...deployed.filter((each) => !isConfigured(each))].flatMap(
    ({ name, kind, secret }) =>
      secret === undefined ? [] : { name, kind, secret, isDeployed: isDeployed({ name }) },
  );
}

function listCommand(runtime: Runtime) {
  return subcommand(runtime, 'secret', 'list', {
    summary: 'list the names of secrets, and which are missing',
    description: 'It never reads a value.',
    examples: [
      ['--stage prod', 'secrets of a stage'],
      ['--local', 'secrets that `npm start` reads'],
    ],
  }).action((_, command) =>
    withStack(
      runtime,
      stackOptionsOf(command),
      (stack, output) => listSecrets(stack, runtime, output),
      { mayBeMissing: true },
    ),
  );
}

interface Secret {
  readonly name: string;
  /** Epoch ms. Nothing if it is missing. */
  readonly changed_at: number | undefined;
  readonly version: number | undefined;
  readonly used_by: readonly string[];
}

async function listSecrets(stack: Stack, runtime: Runtime, output: Output): Promise<void> {
  const stored = await storedSecrets(stack, output.signal);
  const users = await knownUsers(stack, runtime, output);
  const wanted = users.map(({ secret }) => secret);
  const names = [...new Set([...stored.keys(), ...wanted])].toSorted();
  const secrets = names.map((name): Secret => {
    const { changed_at, version } = stored.get(name) ?? {};
    const used_by = users.flatMap((user) => (user.secret === name ? user.name : []));
    return { name, changed_at, version, used_by };
  });
  if (output.isJson) {
    for (const secret of secrets) {
      const { changed_at = null, version = null } = secret;
      await output.json({ ...secret, changed_at, version });
    }
    return;
  }
  if (secrets.length === 0) output.note(`${stack.name} has no secrets, and needs none.`);
  await output
    .table([
      { title: 'NAME', width: 24 },
      { title: 'CHANGED', width: 19 },
      { title: 'VERSION', width: 7, align: 'right' },
      { title: 'USED BY' },
    ])
    .write(secrets.map((secret) => rowOf(secret, output)));
  if (stack.isMissing) output.note(missingStackText(stack));
  for (const { name, changed_at } of secrets) {
    if (changed_at !== undefined) continue;
    const how = stack.isLocal
      ? writeLocally(name)
      : `To store it: ${calledOn(stack, `secret set ${name}`)}`;
    output.note(`${name} is missing. ${how}`);
  }
}

function rowOf({ name, changed_at, version, used_by }: Secret, output: Output): Row {
  const changed = changed_at === undefined ? output.style('red', 'missing') : localTime(changed_at);
  return [name, changed, String(version ?? ''), used_by.join(', ')];
}

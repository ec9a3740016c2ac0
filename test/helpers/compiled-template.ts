import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageService } from '../../tools/local/package-service.ts';

/** A token that a deployment accepts. */
export const TOKEN = 'abcdefghijklmnopqrstuvwxyz';

/** An edge's secret that a deployment accepts. */
export const EDGE_SECRET = 'zyxwvutsrqponmlkjihgfedcba';

export interface CompiledResource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape.
  readonly Properties: any;
}

export interface CompiledTemplate {
  readonly Resources: Readonly<Record<string, CompiledResource>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

export interface CompileOptions {
  readonly stage?: string;
  readonly region?: string;
  /** The text of settings.yml. */
  readonly settings?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly edgeSecrets?: string | undefined;
}

/**
 * The CloudFormation template of a deployment with these parameters.
 *
 * @param use Gets the template's file while it exists.
 */
export async function compileTemplate(
  { stage = 'prod', ...options }: CompileOptions = {},
  use?: (file: string) => Promise<void>,
): Promise<CompiledTemplate> {
  const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-template-'));
  try {
    await packageService({ directory, tokens: TOKEN, stage, ...options });
    const file = join(directory, 'cloudformation-template-update-stack.json');
    await use?.(file);
    return JSON.parse(await readFile(file, 'utf8'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Every parameter with another value than its default. It needs an edge's secret. */
export const EVERYTHING = {
  retentionDays: '30',
  quarantineDays: '14',
  allowedSourceCidrs: '203.0.113.0/24,2001:db8::/32',
  allowedSmsNumbers: '+61400000002',
  alarmEmail: 'ops@example.com',
  topicType: 'fifo',
  messageFormat: 'aws-two-way-sms',
  subscriberAccounts: '111111111111,222222222222',
  throttleRate: '7',
  throttleBurst: '9',
  reservedConcurrency: '20',
  memorySize: '1024',
  logRetentionDays: '7',
  kmsKeyArn: 'arn:aws:kms:ap-southeast-2:123456789012:key/1234abcd-12ab-34cd',
  noTrafficAlarmHours: '24',
  domainName: 'sms.example.com',
  certificateArn: 'arn:aws:acm:ap-southeast-2:123456789012:certificate/1234abcd-12ab',
  hostedZoneId: 'Z1D633PJN98FT9',
  messagesAlarmPerHour: '50',
  defaultEndpoint: 'false',
  edgeDomainName: 'edge.example.com',
  protectData: 'true',
};

/** settings.yml with a subscriber of each kind. */
export const SUBSCRIBERS = `
default:
  timeZone: Australia/Sydney
prod:
  subscribers:
    team: { email: team@example.com }
    chat: { slack: SLACK_URL, to: ["+61491570156"] }
    staff: { teams: TEAMS_URL, filter: { timestamp: [{ exists: true }] } }
    my-crm: { https: "https://crm.example.com/hooks/sms?a=b", secret: CRM_SECRET }
    jobs: { queue: true }
`;

/** A deployment with every parameter, an edge's secret, and a subscriber of each kind. */
export const ALL = {
  params: EVERYTHING,
  edgeSecrets: EDGE_SECRET,
  settings: SUBSCRIBERS,
} as const satisfies CompileOptions;

export interface Compiled {
  readonly template: CompiledTemplate;
  /** The output of cfn-lint; undefined if it was not run or is not installed. */
  readonly lint: string | undefined;
  /** @throws {Error} If there is no such resource. */
  resource(logicalId: string): CompiledResource;
}

const run = promisify(execFile);

export const hasCfnLint = await run('cfn-lint', ['--version']).then(
  () => true,
  () => false,
);

/** A template; with `lint`, also the output of cfn-lint. */
export async function compile(
  options: CompileOptions,
  { lint: isLinted = false } = {},
): Promise<Compiled> {
  let lint: string | undefined;
  const template = await compileTemplate(options, async (file) => {
    if (!isLinted || !hasCfnLint) return;
    const args = ['--regions', options.region ?? 'ap-southeast-2', '--', file];
    const { stdout, stderr } = await run('cfn-lint', args).catch((error) => error);
    lint = stdout + stderr;
  });
  const resource = (logicalId: string) => {
    const found = template.Resources[logicalId];
    if (!found) throw new Error(`The template has no ${logicalId}`);
    return found;
  };
  return { template, lint, resource };
}

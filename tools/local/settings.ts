import http from 'node:http';
import { devNull } from 'node:os';
import { parseArgs } from 'node:util';

/** The options of `npm start`. */
export interface Settings {
  readonly help: boolean;
  readonly verbose: boolean;
  readonly console: boolean;
  readonly dataDir?: string | undefined;
  readonly packageDir?: string | undefined;
  readonly tokens: string;
  readonly edgeSecrets: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly ports: { readonly http: number; readonly sns: number; readonly dynamodb: number };
  /** How to debug the functions. Undefined if they are not debugged. */
  readonly debug?: DebugSettings | undefined;
  /** Whether a tunnel leads to the webhook, and by which command, if one was given. */
  readonly tunnel?: { readonly command?: string } | undefined;
}

/** Settings for debugging the functions. */
export interface DebugSettings {
  /**
   * The first function's port. The other functions get the following ones. With 0, each gets any free port.
   */
  readonly port: number;
  /** Whether each process waits for the debugger before it runs anything. */
  readonly waits: boolean;
}

export const HELP = `Usage: npm start [-- OPTIONS]

Runs the service on this machine as it would be deployed: packaged, with its table and topic.
A page to see it with, the console, is on the webhook's port: http://localhost:3000/
Subscribers below \`local:\` of settings.yml run as well, with secrets from .env.local
if that file exists, otherwise from .env: NAME=VALUE in each line.

Options:
  --data DIR     keep messages, topics, queues and subscriptions in DIR for the next start
  --package DIR  serve the package in DIR (made for the stage "local") instead of a new one
  --param N=V    set a parameter of the deployment, as \`serverless deploy\` does; may be repeated
  --no-console   leave the console out, and the proxies between functions and emulators
  --inspect      debug the functions: shows the ports that a debugger attaches to, one for each
                 function from 9229 on (--inspect=PORT: from PORT on). It stops at breakpoints in
                 lib/*.ts and functions/*.ts. No time-out ends a function meanwhile
  --inspect-brk  the same, and each function waits for the debugger before it starts
  --tunnel       let a PBX reach the webhook: runs your own cloudflared or ngrok, and prints what to
                 paste into the portal. --tunnel 'COMMAND {port}' runs another program that prints
                 its public https URL; {url} stands for http://127.0.0.1:{port}. Nothing but the
                 webhook is reachable. The token is new at each start, unless WEBHOOK_TOKENS is set.
                 See docs/first-test.md
  --verbose      show all that the functions log, not only warnings and errors
  --help         show this

Environment:
  PORT           port of the webhook and the console (3000)
  SNS_PORT       port of SNS and SQS (4566)
  DYNAMODB_PORT  port of DynamoDB (8000)
  WEBHOOK_TOKENS tokens of the webhook's URL, separated by commas, the current one last (test)
  EDGE_SECRETS   secrets of an edge, separated by commas: requests without one in x-edge-secret get a 404
`;

/** Node's default. */
const DEBUG_PORT = 9229;

/** The variable that sets each port, and its default. */
const PORTS = {
  http: { variable: 'PORT', fallback: 3000 },
  sns: { variable: 'SNS_PORT', fallback: 4566 },
  dynamodb: { variable: 'DYNAMODB_PORT', fallback: 8000 },
} as const;

/** @throws {StartError} Names the option or the variable. */
export function readSettings(args: string[], environment: NodeJS.ProcessEnv): Settings {
  const options = readArguments(args);
  for (const name of ['data', 'package'] as const) {
    if (options[name]?.trim() !== '') continue;
    throw new StartError(
      `--${name} is empty: name a folder. Is a variable of your script not set?`,
    );
  }
  const ports = {
    http: readPort('http', environment),
    sns: readPort('sns', environment),
    dynamodb: readPort('dynamodb', environment),
  };
  refuseSamePort(ports);
  if (options.package && options.param) {
    throw new StartError('--param goes into a new package, so not with --package.');
  }
  return {
    help: options.help ?? false,
    verbose: options.verbose ?? false,
    console: !options['no-console'],
    dataDir: options.data,
    packageDir: options.package,
    tokens: environment.WEBHOOK_TOKENS || 'test',
    edgeSecrets: environment.EDGE_SECRETS || undefined,
    params: readParams(options.param ?? []),
    ports,
    debug: readDebug(options),
    tunnel: readTunnel(options, environment),
  };
}

/** The variable, or the option, that set this port. */
export function variableOf(port: number, ports: Settings['ports']): string {
  const name = (Object.keys(PORTS) as Array<keyof typeof PORTS>).find((n) => ports[n] === port);
  return name ? PORTS[name].variable : '--inspect';
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args: args.map((arg, index) => {
        if (/^--inspect(-brk)?$/.test(arg)) return `${arg}=${DEBUG_PORT}`;
        // The command may be left out.
        const isLast = args[index + 1]?.startsWith('-') ?? true;
        return arg === '--tunnel' && isLast ? '--tunnel=' : arg;
      }),
      options: {
        data: { type: 'string' },
        package: { type: 'string' },
        param: { type: 'string', multiple: true },
        'no-console': { type: 'boolean' },
        inspect: { type: 'string' },
        'inspect-brk': { type: 'string' },
        tunnel: { type: 'string' },
        verbose: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new StartError(`${(error as Error).message}. See: npm start -- --help`);
  }
}

/** Packaging checks the names and values. */
function readParams(params: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    params.map((param) => {
      const [, name, value] = /^([^=]+)=(.+)$/s.exec(param) ?? [];
      if (!name || !value) throw new StartError(`--param must be NAME=VALUE, not "${param}".`);
      return [name, value];
    }),
  );
}

function readDebug(options: ReturnType<typeof readArguments>): DebugSettings | undefined {
  const { inspect, 'inspect-brk': inspectBrk } = options;
  const port = inspectBrk ?? inspect;
  if (port === undefined) return undefined;
  return { port: portOf('--inspect', port), waits: inspectBrk !== undefined };
}

function readTunnel(
  { tunnel }: ReturnType<typeof readArguments>,
  environment: NodeJS.ProcessEnv,
): Settings['tunnel'] {
  if (tunnel === undefined) {
    // npm takes an option for one of its own, unless -- stands before it.
    if (environment.npm_config_tunnel === undefined) return undefined;
    throw new StartError('npm kept --tunnel for itself. Write: npm start -- --tunnel');
  }
  if (environment.EDGE_SECRETS) {
    throw new StartError(
      '--tunnel does not go with EDGE_SECRETS: no edge adds a secret to what the PBX sends through a tunnel.',
    );
  }
  return tunnel.trim() === '' ? {} : { command: tunnel };
}

function readPort(name: keyof typeof PORTS, environment: NodeJS.ProcessEnv): number {
  const { variable, fallback } = PORTS[name];
  const value = environment[variable];
  const port = value ? portOf(variable, value) : fallback;
  if (name === 'http' && BAD_PORTS.includes(port)) {
    throw new StartError(`${variable} must not be ${port}: browsers and fetch refuse that port.`);
  }
  return port;
}

/** https://fetch.spec.whatwg.org/#port-blocking */
const BAD_PORTS = [
  ...[1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101],
  ...[102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389],
  ...[427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636],
  ...[989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566],
  ...[6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080],
];

function portOf(name: string, value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new StartError(`${name} must be a port, 0 (any free one) to 65535, not "${value}".`);
}

function refuseSamePort(ports: Settings['ports']): void {
  const used = Object.entries(ports).filter(([, port]) => port !== 0);
  for (const [name, port] of used) {
    const other = used.find(([otherName, otherPort]) => otherPort === port && otherName !== name);
    if (!other) continue;
    const [first, second] = [name, other[0]].map((n) => PORTS[n as keyof typeof PORTS].variable);
    throw new StartError(`${first} and ${second} are both ${port}: give each its own port.`);
  }
}

/**
 * Removes variables that would lead the local stack elsewhere: AWS accounts, profiles, regions and
 * endpoints, and proxies. Call it before any client is made.
 */
export function leaveUsersSettings(environment: NodeJS.ProcessEnv): void {
  const usesProxies = /use-env-proxy/.test(`${environment.NODE_OPTIONS} ${process.execArgv}`);
  const isTold = environment.NODE_USE_ENV_PROXY !== undefined || usesProxies;
  for (const name of Object.keys(environment)) {
    if (/^(AWS_.*|(HTTPS?|ALL|NO)_PROXY|NODE_USE_ENV_PROXY)$/i.test(name)) delete environment[name];
  }
  environment.AWS_CONFIG_FILE = devNull;
  environment.AWS_SHARED_CREDENTIALS_FILE = devNull;
  environment.AWS_EC2_METADATA_DISABLED = 'true';
  if (!isTold) return;
  // Node has read its proxy settings at its start. If there are none, this call would change nothing.
  http.setGlobalProxyFromEnv({ http_proxy: 'http://127.0.0.1:9', no_proxy: '*' });
}

/** Why the stack does not start. The message says what the user can do. */
export class StartError extends Error {}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageFormat } from '../../lib/messages/notification.ts';
import type { LocalConsole } from '../console/lab/local-console.ts';
import type { TopicEmail } from '../console/lab/subscribers.ts';
import type { Emulator } from './aws.ts';
import { lockDataDir } from './data-dir.ts';
import { type DebugTarget, makeDebuggable, patient, untilListening } from './debugging.ts';
import { createTables, startDynamodb } from './dynamodb.ts';
import { readMappings, startMapping } from './event-source-mappings.ts';
import {
  type Endpoints,
  type FunctionDefinition,
  functionEnvironment,
  readFunctions,
} from './function-definition.ts';
import { FunctionRuntime, Functions } from './function-runtime.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { jsonAnswer } from './http-answer.ts';
import { FunctionLogs, LOGS_PATH } from './logs.ts';
import { watchOutbox } from './outbox.ts';
import { packaged } from './package-service.ts';
import { ParameterStore, SSM_PATH } from './parameter-store.ts';
import { CLOUDWATCH_PATH, metricData } from './queue-metrics.ts';
import { createQueues } from './queues.ts';
import { readRoutes, readThrottle, webhookPath } from './routes.ts';
import { readSchedules, startSchedules } from './schedules.ts';
import type { DebugSettings } from './settings.ts';
import { createTopics, type SnsEmulator, startSns } from './sns.ts';
import { describeStack, edgeHeaders, STACK_PATH, stackOutputs } from './stack-description.ts';
import { depthsOf, type LocalSubscriber, readSubscribers, secretsOf } from './subscribers.ts';
import { readTemplate, type Template } from './template.ts';
import { type TopicMessage, watchTopic } from './topic-queue.ts';
import { openDoor } from './tunnel/door.ts';
import { withTokens } from './tunnel/tokens.ts';
import { startTunnel, type TunnelOptions } from './tunnel/tunnel.ts';

/** The local stack's names in settings.yml and the template. */
const SERVICE_AND_STAGE = ['inbound-sms', 'local'] as const;
export const STACK_NAME = SERVICE_AND_STAGE.join('-');

export interface LocalStackOptions {
  /** 0, the default, means any free port. */
  readonly ports?: { readonly http?: number; readonly sns?: number; readonly dynamodb?: number };
  /**
   * Keeps items, topics, queues and subscriptions for the next start. Without it, they end with the stack.
   */
  readonly dataDir?: string | undefined;
  /** A package for the stage `local` that exists already, or will. Without it, the service is packaged. */
  readonly packageDir?: string | Promise<string> | undefined;
  /**
   * Tokens of the webhook's URL, comma separated. For an existing package, the tokens that it was made
   * with.
   */
  readonly tokens?: string | undefined;
  /** An edge's secrets, comma separated. The webhook then accepts only requests with one of them. */
  readonly edgeSecrets?: string | undefined;
  /** The text of a settings.yml for packaging. Only its part for the stage `local` counts. */
  readonly settings?: string | undefined;
  /** Files with subscribers' secrets, such as `.env`. The first that exists is read. */
  readonly secretFiles?: readonly string[];
  /** Parameters of a deployment for packaging, on top of the defaults. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** Whether schedules run by themselves. */
  readonly schedules?: boolean;
  /** Endpoints for the functions in place of the emulators', such as a fault proxy's. */
  readonly endpoints?: Partial<Endpoints>;
  /** Whether there is a console at the gateway's root. Without it, none of its code is loaded. */
  readonly console?: boolean;
  /** The country of national numbers for the console's search. Default: AU. */
  readonly country?: string | undefined;
  /** More variables for every function, on top of the template's. */
  readonly functionEnvironment?: Readonly<Record<string, string>>;
  /** Lets a debugger attach to the functions, and removes timeouts. */
  readonly debug?: DebugSettings | undefined;
  /** Leads requests for the webhook here from the internet. */
  readonly tunnel?: TunnelOptions | undefined;
  /** Called for every published message. */
  readonly onNotification?: (notification: TopicMessage) => void;
  /** Called for every e-mail to a subscriber of the kind `email`. */
  readonly onEmail?: (email: TopicEmail) => void;
  /** Called for every line of a function, and for each of its failures. */
  readonly onFunctionLog?: (functionKey: string, line: string) => void;
  /** Cancels a start. */
  readonly signal?: AbortSignal;
}

export interface LocalStack extends AsyncDisposable {
  readonly url: string;
  /** The URL for the PBX's field. */
  readonly webhookUrl: string;
  /** The console's URL, if there is one. */
  readonly consoleUrl?: string;
  readonly dynamodbEndpoint: string;
  /** Also SQS's. */
  readonly snsEndpoint: string;
  readonly tableName: string;
  readonly topicArn: string;
  readonly template: Template;
  /** The subscribers of settings.yml. */
  readonly subscribers: readonly LocalSubscriber[];
  /** The store of subscribers' secrets. */
  readonly secrets: ParameterStore;
  /** Each function's address for a debugger, if debugging is on. */
  readonly debugTargets: readonly DebugTarget[];
  /** Runs a function by its key in serverless.yml, name, logical id or ARN. */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** Kills every process of a function with SIGKILL. */
  killInstances(functionName: string): Promise<void>;
  stopSns(): Promise<void>;
  startSns(): Promise<void>;
  stopDynamodb(): Promise<void>;
  startDynamodb(): Promise<void>;
  close(): Promise<void>;
}

/** The parts of a stack. */
interface Parts {
  readonly options: LocalStackOptions;
  readonly tokens: string;
  readonly dynamodb: Emulator;
  readonly sns: SnsEmulator;
  readonly localConsole: LocalConsole | undefined;
  readonly template: Template;
  readonly topicArn: string;
  readonly subscribers: readonly LocalSubscriber[];
  readonly secrets: ParameterStore;
  readonly logs: FunctionLogs;
  readonly definitions: readonly FunctionDefinition[];
  readonly functions: Functions;
}

/**
 * Starts the service and the emulators on this machine, from the same template and packages as a
 * deployment. If a part fails to start, the others are stopped.
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  await using started = new AsyncDisposableStack();
  const { ports = {}, dataDir, tunnel } = options;
  const packageTokens = options.tokens ?? 'test';
  const tokens = tunnel?.tokens ?? packageTokens;
  const workDir = await mkdtemp(join(tmpdir(), 'inbound-sms-local-'));
  started.defer(() => rm(workDir, { recursive: true, force: true }));
  if (dataDir) started.use(await lockDataDir(dataDir));
  const directory = join(workDir, 'package');
  const packaging = started.use(packaged({ ...options, tokens: packageTokens, directory }));

  let localConsole: LocalConsole | undefined;
  const deleted = (messageId: string) => localConsole?.deleted(messageId);
  // An in-memory table would grow with each message, by far more than the message's size.
  const tableDir = dataDir ?? workDir;
  const dynamodb = started.use(await startDynamodb(ports.dynamodb ?? 0, tableDir, deleted));
  const sns = started.use(await startSns(ports.sns ?? 0, dataDir));
  const targets = { dynamodb: dynamodb.endpoint, sns: sns.endpoint, ...options.endpoints };
  if (options.console) localConsole = started.use(await startConsole(targets));

  const packageDir = await packaging.directory;
  const template = await readTemplate(packageDir, STACK_NAME);
  await createTables(template, dynamodb.endpoint);
  await createTopics(template, sns.endpoint);
  await createQueues(template, sns.endpoint);
  const subscribers = readSubscribers(template);
  const secrets = new ParameterStore({
    files: options.secretFiles ?? [],
    secrets: secretsOf(subscribers, SERVICE_AND_STAGE),
  });
  const topicArn = template.output('MessagesTopicArn');

  const packed = await readFunctions(template, packageDir, join(workDir, 'code'));
  const unpacked = tunnel ? packed.map((each) => withTokens(each, tokens)) : packed;
  const { definitions, debugTargets } = options.debug
    ? await makeDebuggable(unpacked, packageDir, options.debug)
    : { definitions: unpacked, debugTargets: [] };
  const functions = started.use(new Functions());
  const parts: Parts = {
    options,
    tokens,
    dynamodb,
    sns,
    localConsole,
    template,
    topicArn,
    subscribers,
    secrets,
    logs: new FunctionLogs(),
    definitions,
    functions,
  };

  await watchNotifications(parts, started);
  const { gateway, webhookUrl } = await serve(parts, started);
  startFunctions(parts, {
    ...{ sqs: sns.endpoint, ssm: gateway.url + SSM_PATH },
    ...targets,
    ...localConsole?.endpoints,
  });
  await Promise.all(debugTargets.map((target) => untilListening(target, options.signal)));
  options.signal?.throwIfAborted();
  if (localConsole) started.use(await openConsole(parts, localConsole, webhookUrl));
  startSweeps(parts, started);
  startMappings(parts, started);
  options.signal?.throwIfAborted();
  if (tunnel) await openTunnel(tunnel, gateway, webhookUrl, parts, started);

  const running = started.move();
  const close = () => running.disposeAsync();
  return {
    url: gateway.url,
    webhookUrl,
    ...(localConsole && { consoleUrl: `${gateway.url}/` }),
    dynamodbEndpoint: dynamodb.endpoint,
    snsEndpoint: sns.endpoint,
    tableName: template.output('MessagesTableName'),
    topicArn,
    template,
    subscribers,
    secrets,
    debugTargets,
    invoke: (name, event) => functions.call(name, event),
    killInstances: (name) => functions.get(name).kill(),
    stopSns: () => sns.stop(),
    startSns: () => sns.start(),
    stopDynamodb: () => dynamodb.stop(),
    startDynamodb: () => dynamodb.start(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Loaded only if needed, because it has to build a page. */
async function startConsole(targets: Endpoints): Promise<LocalConsole> {
  const { startLocalConsole } = await import('../console/lab/local-console.ts');
  return startLocalConsole(targets);
}

/** Starts the functions. They need the gateway's URL, so the gateway is there already. */
function startFunctions(
  { options, template, localConsole, logs, definitions, functions }: Parts,
  endpoints: Endpoints,
): void {
  const mappings = readMappings(template);
  for (const definition of definitions) {
    const { key, name, arn } = definition;
    const own = mappings.filter(({ functionArn }) => [name, arn].includes(functionArn));
    functions.add(
      new FunctionRuntime(definition, {
        environment: functionEnvironment(definition, endpoints, options.functionEnvironment),
        onLog: (line) => {
          logs.append(`/aws/lambda/${name}`, line);
          if (own.length > 0) localConsole?.forwarderLogged(line);
          options.onFunctionLog?.(key, line);
        },
        // One queue's invocations must not delay another's.
        ...(own.length > 0 && {
          maxInstances: own.reduce((sum, { maxConcurrency }) => sum + maxConcurrency, 0),
        }),
      }),
    );
  }
  for (const { functionArn } of [...readRoutes(template), ...mappings]) functions.get(functionArn);
}

/** Calls the listeners for every published message and every e-mail. */
async function watchNotifications(
  { options, localConsole, sns, template, topicArn }: Parts,
  started: AsyncDisposableStack,
): Promise<void> {
  const onEmail = (email: TopicEmail) => {
    localConsole?.emailed(email);
    options.onEmail?.(email);
  };
  started.use(await watchOutbox(template, sns.endpoint, onEmail));
  const listeners = [options.onNotification, localConsole?.notified].filter((each) => !!each);
  if (listeners.length === 0) return;
  const queue = { endpoint: sns.endpoint, topicArn, queueName: `${STACK_NAME}-terminal` };
  const watching = await watchTopic(queue, (notification) => {
    for (const listener of listeners) listener(notification);
  });
  started.use(watching);
}

/** Serves the template's API and the paths for tools. */
async function serve(
  parts: Parts,
  started: AsyncDisposableStack,
): Promise<{ gateway: Gateway; webhookUrl: string }> {
  const { options, tokens, dynamodb, sns, localConsole, template, secrets, logs, functions } =
    parts;
  const configured = readRoutes(template);
  const routes = options.debug ? patient(configured) : configured;
  const path = webhookPath(routes, tokens);
  const described = {
    template,
    functions: parts.definitions,
    webhookPath: path,
    edgeHeaders: edgeHeaders(options.edgeSecrets),
    dynamodbEndpoint: dynamodb.endpoint,
    snsEndpoint: sns.endpoint,
  };
  const gateway = await startGateway({
    routes,
    invoke: (arn, event) => functions.get(arn).invoke(event),
    throttle: readThrottle(template),
    ownPaths: {
      [STACK_PATH]: ({ url }) => jsonAnswer(200, describeStack(described, url)),
      [LOGS_PATH]: ({ headers, body }) => logs.respond(headers, body),
      [SSM_PATH]: ({ headers, body }) => secrets.respond(headers, body),
      [CLOUDWATCH_PATH]: ({ headers, body }) => metricData(headers, body, sns.depthOf),
    },
    site: localConsole,
    onAnswer: localConsole?.answered,
    port: options.ports?.http ?? 0,
  });
  started.use(gateway);
  return { gateway, webhookUrl: gateway.url + path };
}

function openConsole(
  { options, dynamodb, sns, template, topicArn, subscribers, functions }: Parts,
  localConsole: LocalConsole,
  webhookUrl: string,
): Promise<AsyncDisposable> {
  return localConsole.open({
    name: STACK_NAME,
    webhookUrl,
    outputs: stackOutputs(template, webhookUrl),
    edgeHeaders: edgeHeaders(options.edgeSecrets),
    tableName: template.output('MessagesTableName'),
    topicArn,
    messageFormat: template.output('MessageFormat') as MessageFormat,
    country: options.country ?? 'AU',
    endpoints: { dynamodb: dynamodb.endpoint, sns: sns.endpoint },
    subscribers: { configured: subscribers, depths: async () => depthsOf(subscribers, sns) },
    killWebhook: () => functions.get('receiveSms').kill(),
    sweep: () => functions.call('publishPending', {}),
  });
}

/** Opens a door to the webhook, and a tunnel to that door. */
async function openTunnel(
  options: TunnelOptions,
  gateway: Gateway,
  webhookUrl: string,
  { localConsole }: Parts,
  started: AsyncDisposableStack,
): Promise<void> {
  const door = started.use(await openDoor(gateway, options.onMisdirected));
  const onStatus: TunnelOptions['onStatus'] = (status, lastLines) => {
    localConsole?.tunnelChanged(status);
    options.onStatus(status, lastLines);
  };
  const { pathname } = new URL(webhookUrl);
  started.use(startTunnel(door, pathname, { ...options, onStatus }));
}

/** Starts the functions' schedules, unless the options forbid it. */
function startSweeps({ options, template, functions }: Parts, started: AsyncDisposableStack): void {
  const schedules = readSchedules(template);
  for (const { functionArn } of schedules) functions.get(functionArn);
  if (options.schedules === false) return;
  started.use(startSchedules(schedules, (arn, event) => functions.get(arn).invoke(event)));
}

/** Polls the queues of the event source mappings. */
function startMappings({ sns, template, functions }: Parts, started: AsyncDisposableStack): void {
  for (const mapping of readMappings(template)) {
    const invoke = (arn: string, event: unknown) => functions.get(arn).invoke(event);
    started.use(startMapping(mapping, { endpoint: sns.endpoint, invoke }));
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageFormat } from '../../lib/messages/notification.ts';
import type { LocalConsole } from '../console/lab/local-console.ts';
import type { Emulator } from './aws.ts';
import { lockDataDir } from './data-dir.ts';
import { type DebugTarget, makeDebuggable, patient, untilListening } from './debugging.ts';
import { createTables, startDynamodb } from './dynamodb.ts';
import { type Endpoints, functionEnvironment, readFunctions } from './function-definition.ts';
import { FunctionRuntime, Functions } from './function-runtime.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { jsonAnswer } from './http-answer.ts';
import { FunctionLogs, LOGS_PATH } from './logs.ts';
import { packaged } from './package-service.ts';
import { readRoutes, readThrottle, webhookPath } from './routes.ts';
import { readSchedules, startSchedules } from './schedules.ts';
import type { DebugSettings } from './settings.ts';
import { createTopics, startSns } from './sns.ts';
import { describeStack, edgeHeaders, STACK_PATH } from './stack-description.ts';
import { readTemplate, type Template } from './template.ts';
import { type TopicMessage, watchTopic } from './topic-queue.ts';

export const STACK_NAME = 'inbound-sms-local';

export interface LocalStackOptions {
  /** 0, the default, is any free port. */
  readonly ports?: { readonly http?: number; readonly sns?: number; readonly dynamodb?: number };
  /** Keeps items, topics and subscriptions from one start to the next. Without it they are in memory. */
  readonly dataDir?: string | undefined;
  /** A package for the stage `local` that exists already, or will. Without it, the service is packaged. */
  readonly packageDir?: string | Promise<string> | undefined;
  /** Tokens of the webhook's URL, comma separated; for an existing package, those it was made with. */
  readonly tokens?: string | undefined;
  /** Secrets of an edge, comma separated: the webhook then takes only requests that carry one. */
  readonly edgeSecrets?: string | undefined;
  /** Parameters of a deployment to package the service with, on top of the defaults. */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** Whether schedules run by themselves. */
  readonly schedules?: boolean;
  /** What the functions are given instead of the emulators, such as a fault proxy. */
  readonly endpoints?: Partial<Endpoints>;
  /** Whether there is a console at the gateway's root. Without it, nothing of it is loaded. */
  readonly console?: boolean;
  /** Whose national numbers people search for in the console. Default: AU. */
  readonly country?: string | undefined;
  /** On top of what the template configures, for every function. */
  readonly functionEnvironment?: Readonly<Record<string, string>>;
  /** Lets a debugger attach to the functions, and nothing time out. */
  readonly debug?: DebugSettings | undefined;
  /** Every message that is published. */
  readonly onNotification?: (notification: TopicMessage) => void;
  /** Every line that a function writes, and one for each of its failures. */
  readonly onFunctionLog?: (functionKey: string, line: string) => void;
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal;
}

export interface LocalStack extends AsyncDisposable {
  readonly url: string;
  /** What goes into the PBX's field. */
  readonly webhookUrl: string;
  /** The page to see the service with, if there is one. */
  readonly consoleUrl?: string;
  readonly dynamodbEndpoint: string;
  /** For SQS as well. */
  readonly snsEndpoint: string;
  readonly tableName: string;
  readonly topicArn: string;
  readonly template: Template;
  /** Where a debugger attaches to each function, if one may. */
  readonly debugTargets: readonly DebugTarget[];
  /** Runs a function: its key in serverless.yml, or its name, logical id or ARN. */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  /** SIGKILL for every process of a function. */
  killInstances(functionName: string): Promise<void>;
  stopSns(): Promise<void>;
  startSns(): Promise<void>;
  stopDynamodb(): Promise<void>;
  startDynamodb(): Promise<void>;
  close(): Promise<void>;
}

/** What a stack is made of. */
interface Parts {
  readonly options: LocalStackOptions;
  readonly tokens: string;
  readonly dynamodb: Emulator;
  readonly sns: Emulator;
  readonly localConsole: LocalConsole | undefined;
  readonly template: Template;
  readonly topicArn: string;
  readonly logs: FunctionLogs;
  readonly functions: Functions;
}

/**
 * Starts all that the service needs, on this machine, from the template and the packages that a
 * deployment would use. If any of it fails to start, none of it is left.
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  await using started = new AsyncDisposableStack();
  const { ports = {}, dataDir, tokens = 'test' } = options;
  const workDir = await mkdtemp(join(tmpdir(), 'inbound-sms-local-'));
  started.defer(() => rm(workDir, { recursive: true, force: true }));
  if (dataDir) started.use(await lockDataDir(dataDir));
  const directory = join(workDir, 'package');
  const packaging = started.use(packaged({ ...options, tokens, directory }));

  let localConsole: LocalConsole | undefined;
  const deleted = (messageId: string) => localConsole?.deleted(messageId);
  const dynamodb = started.use(await startDynamodb(ports.dynamodb ?? 0, dataDir, deleted));
  const sns = started.use(await startSns(ports.sns ?? 0, dataDir));
  const targets = { dynamodb: dynamodb.endpoint, sns: sns.endpoint, ...options.endpoints };
  if (options.console) localConsole = started.use(await startConsole(targets));

  const packageDir = await packaging.directory;
  const template = await readTemplate(packageDir, STACK_NAME);
  await createTables(template, dynamodb.endpoint);
  await createTopics(template, sns.endpoint);
  const topicArn = template.output('MessagesTopicArn');

  const logs = new FunctionLogs();
  const endpoints = localConsole?.endpoints ?? targets;
  const unpacked = join(workDir, 'code');
  const { functions, debugTargets } = await startFunctions(template, packageDir, unpacked, logs, {
    ...options,
    endpoints,
  });
  started.use(functions);
  await Promise.all(debugTargets.map((target) => untilListening(target, options.signal)));
  options.signal?.throwIfAborted();
  const parts = {
    options,
    tokens,
    dynamodb,
    sns,
    localConsole,
    template,
    topicArn,
    logs,
    functions,
  };

  await watchNotifications(parts, started);
  const { gateway, webhookUrl } = await serve(parts, started);
  if (localConsole) started.use(await openConsole(parts, localConsole, webhookUrl));
  startSweeps(parts, started);
  options.signal?.throwIfAborted();

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

/** Loaded only where it is wanted: it comes with a page to build. */
async function startConsole(targets: Endpoints): Promise<LocalConsole> {
  const { startLocalConsole } = await import('../console/lab/local-console.ts');
  return startLocalConsole(targets);
}

async function startFunctions(
  template: Template,
  packageDir: string,
  codeDir: string,
  logs: FunctionLogs,
  options: LocalStackOptions & { readonly endpoints: Endpoints },
): Promise<{ functions: Functions; debugTargets: readonly DebugTarget[] }> {
  const { debug, endpoints, onFunctionLog } = options;
  const unpacked = await readFunctions(template, packageDir, codeDir);
  const { definitions, debugTargets } = debug
    ? await makeDebuggable(unpacked, packageDir, debug)
    : { definitions: unpacked, debugTargets: [] };
  const runtimes = definitions.map((definition) => {
    const environment = functionEnvironment(definition, endpoints, options.functionEnvironment);
    const onLog = (line: string) => {
      logs.append(`/aws/lambda/${definition.name}`, line);
      onFunctionLog?.(definition.key, line);
    };
    return new FunctionRuntime(definition, { environment, onLog });
  });
  return { functions: new Functions(runtimes), debugTargets };
}

/** Tells the listeners of every message that is published. */
async function watchNotifications(
  { options, localConsole, sns, topicArn }: Parts,
  started: AsyncDisposableStack,
): Promise<void> {
  const listeners = [options.onNotification, localConsole?.notified].filter((each) => !!each);
  if (listeners.length === 0) return;
  const queue = { endpoint: sns.endpoint, topicArn, queueName: `${STACK_NAME}-terminal` };
  const watching = await watchTopic(queue, (notification) => {
    for (const listener of listeners) listener(notification);
  });
  started.use(watching);
}

/** Serves the template's API, and what tools ask for. */
async function serve(
  { options, tokens, dynamodb, sns, localConsole, template, logs, functions }: Parts,
  started: AsyncDisposableStack,
): Promise<{ gateway: Gateway; webhookUrl: string }> {
  const configured = readRoutes(template);
  const routes = options.debug ? patient(configured) : configured;
  for (const { functionArn } of routes) functions.get(functionArn);
  const path = webhookPath(routes, tokens);
  const described = {
    template,
    functions: functions.definitions,
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
    },
    site: localConsole,
    onAnswer: localConsole?.answered,
    port: options.ports?.http ?? 0,
  });
  started.use(gateway);
  return { gateway, webhookUrl: gateway.url + path };
}

function openConsole(
  { options, dynamodb, sns, template, topicArn, functions }: Parts,
  localConsole: LocalConsole,
  webhookUrl: string,
): Promise<AsyncDisposable> {
  return localConsole.open({
    name: STACK_NAME,
    webhookUrl,
    edgeHeaders: edgeHeaders(options.edgeSecrets),
    tableName: template.output('MessagesTableName'),
    topicArn,
    messageFormat: template.output('MessageFormat') as MessageFormat,
    country: options.country ?? 'AU',
    endpoints: { dynamodb: dynamodb.endpoint, sns: sns.endpoint },
    killWebhook: () => functions.get('receiveSms').kill(),
    sweep: () => functions.call('publishPending', {}),
  });
}

/** Calls the functions that have a schedule, unless the options say otherwise. */
function startSweeps({ options, template, functions }: Parts, started: AsyncDisposableStack): void {
  const schedules = readSchedules(template);
  for (const { functionArn } of schedules) functions.get(functionArn);
  if (options.schedules === false) return;
  started.use(startSchedules(schedules, (arn, event) => functions.get(arn).invoke(event)));
}

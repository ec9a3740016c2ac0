import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageFormat } from '../../lib/messages/notification.ts';
import type { LocalConsole } from '../console/lab/local-console.ts';
import { lockDataDir } from './data-dir.ts';
import { createTables, startDynamodb } from './dynamodb.ts';
import { edgeHeaders } from './edge-headers.ts';
import { readFunctions } from './function-definition.ts';
import { type Endpoints, functionEnvironment } from './function-environment.ts';
import type { InvocationResult } from './function-instance.ts';
import { FunctionRuntime } from './function-runtime.ts';
import { type OwnResponder, startGateway } from './gateway.ts';
import { FunctionLogs, LOGS_PATH } from './logs.ts';
import { watchTopic } from './notifications.ts';
import { readRoutes, webhookPath } from './routes.ts';
import { readSchedules, startSchedules } from './schedules.ts';
import { createTopics, startSns } from './sns.ts';
import { describeStack, descriptionResponse, STACK_PATH } from './stack-description.ts';
import { packaged, readTemplate } from './stack-package.ts';
import type { Template } from './template.ts';
import { readThrottle } from './throttle.ts';
import type { Notification } from './topic-queue.ts';

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
  /** Every message that is published. */
  readonly onNotification?: (notification: Notification) => void;
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

/** An invocation that did not end with a result. */
export class InvocationError extends Error {
  readonly kind: Extract<InvocationResult, { ok: false }>['kind'];

  constructor({ kind, message }: Extract<InvocationResult, { ok: false }>) {
    super(message);
    this.name = 'InvocationError';
    this.kind = kind;
  }
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
  const packaging = packaged(options, tokens, join(workDir, 'package'));
  started.use(packaging);
  let localConsole: LocalConsole | undefined;
  const deleted = (messageId: string) => localConsole?.deleted(messageId);
  const dynamodb = started.use(await startDynamodb(ports.dynamodb ?? 0, dataDir, deleted));
  const sns = started.use(await startSns(ports.sns ?? 0, dataDir));

  const emulators = { dynamodb: dynamodb.endpoint, sns: sns.endpoint };
  const targets = { ...emulators, ...options.endpoints };
  if (options.console) localConsole = started.use(await startConsole(targets));

  const packageDir = await packaging.directory;
  const template = await readTemplate(packageDir, STACK_NAME);
  await createTables(template, dynamodb.endpoint);
  await createTopics(template, sns.endpoint);
  const topicArn = template.output('MessagesTopicArn');

  const logs = new FunctionLogs();
  const runtimes = await startRuntimes(template, packageDir, join(workDir, 'code'), logs, {
    ...options,
    endpoints: localConsole?.endpoints ?? targets,
  });
  for (const runtime of runtimes) started.use(runtime);
  const runtimeOf = (name: string) => findRuntime(runtimes, name);
  const invoke = (name: string, event: unknown) => runtimeOf(name).invoke(event);
  const invokeOrThrow = async (name: string, event: unknown) => {
    const invocation = await invoke(name, event);
    if (!invocation.ok) throw new InvocationError(invocation);
    return invocation.result;
  };

  const routes = readRoutes(template);
  const schedules = readSchedules(template);
  for (const { functionArn } of [...routes, ...schedules]) runtimeOf(functionArn);
  const path = webhookPath(routes, tokens);
  const described = {
    template,
    functions: runtimes.map(({ definition }) => definition),
    webhookPath: path,
    edgeHeaders: edgeHeaders(options.edgeSecrets),
    dynamodbEndpoint: dynamodb.endpoint,
    snsEndpoint: sns.endpoint,
  };
  const ownPaths: Record<string, OwnResponder> = {
    [STACK_PATH]: ({ url }) => descriptionResponse(describeStack(described, url)),
    [LOGS_PATH]: ({ headers, body }) => logs.respond(headers, body),
  };
  const listeners = [options.onNotification, localConsole?.notified].filter((each) => !!each);
  if (listeners.length > 0) {
    const queue = { endpoint: sns.endpoint, topicArn, queueName: `${STACK_NAME}-terminal` };
    started.use(
      await watchTopic(queue, (notification) => {
        for (const listener of listeners) listener(notification);
      }),
    );
  }
  const gateway = started.use(
    await startGateway({
      routes,
      invoke,
      throttle: readThrottle(template),
      ownPaths,
      site: localConsole,
      onAnswer: localConsole?.answered,
      port: ports.http ?? 0,
    }),
  );
  const webhookUrl = gateway.url + path;
  if (localConsole) {
    started.use(
      await localConsole.open({
        name: STACK_NAME,
        webhookUrl,
        edgeHeaders: described.edgeHeaders,
        tableName: template.output('MessagesTableName'),
        topicArn,
        messageFormat: template.output('MessageFormat') as MessageFormat,
        country: options.country ?? 'AU',
        endpoints: emulators,
        killWebhook: () => runtimeOf('receiveSms').kill(),
        sweep: () => invokeOrThrow('publishPending', {}),
      }),
    );
  }
  if (options.schedules ?? true) started.use(startSchedules(schedules, invoke));
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
    invoke: invokeOrThrow,
    killInstances: (name) => runtimeOf(name).kill(),
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

async function startRuntimes(
  template: Template,
  packageDir: string,
  codeDir: string,
  logs: FunctionLogs,
  options: LocalStackOptions & { readonly endpoints: Endpoints },
): Promise<FunctionRuntime[]> {
  const definitions = await readFunctions(template, packageDir, codeDir);
  return definitions.map(
    (definition) =>
      new FunctionRuntime(definition, {
        environment: functionEnvironment(
          definition,
          options.endpoints,
          options.functionEnvironment,
        ),
        onLog: (line) => {
          logs.append(`/aws/lambda/${definition.name}`, line);
          options.onFunctionLog?.(definition.key, line);
        },
      }),
  );
}

function findRuntime(runtimes: readonly FunctionRuntime[], name: string): FunctionRuntime {
  const found = runtimes.find(({ definition: { key, name: functionName, logicalId, arn } }) =>
    [key, functionName, logicalId, arn].includes(name),
  );
  if (!found) {
    const known = runtimes.map(({ definition }) => definition.key).join(', ');
    throw new Error(`There is no function "${name}"; there are ${known}`);
  }
  return found;
}

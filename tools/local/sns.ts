import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { clientOf, type Emulator, REGION } from './aws.ts';
import { hangUp, LOOPBACK_NAME, listen } from './listen.ts';
import { correctSqs, type FastifyHooks } from './sqs-corrections.ts';
import type { Template } from './template.ts';

/** The part of Fastify, on which fauxqs is built, that decides where it listens. */
interface FastifyApp extends FastifyHooks {
  readonly server: Server;
  ready(): Promise<unknown>;
  listen(options: unknown): Promise<string>;
}

/** The number of messages in a queue. */
export interface QueueDepth {
  /** Ready to be received. */
  readonly waiting: number;
  /** Messages at a consumer, or between two attempts. SQS does not tell these apart. */
  readonly inFlight: number;
  /** When the oldest one was sent, epoch ms. Absent if the queue is empty. */
  readonly oldestAt?: number;
}

/** SNS and SQS. */
export interface SnsEmulator extends Emulator {
  /** @returns Undefined if there is no such queue. */
  depthOf(queueName: string): QueueDepth | undefined;
}

/** Starts SNS and SQS on one port, empty or with the data in `dataDir`. */
export async function startSns(port: number, dataDir?: string): Promise<SnsEmulator> {
  const { fauxqs, server } = await startOnLoopback(port, dataDir);
  return {
    endpoint: `http://${LOOPBACK_NAME}:${fauxqs.port}`,
    depthOf(queueName) {
      const messages = fauxqs.inspectQueue(queueName)?.messages;
      if (!messages) return undefined;
      const { ready, delayed, inflight } = messages;
      const now = Date.now();
      // fauxqs makes a message visible again only when somebody receives.
      const inFlight = inflight.filter(({ visibilityDeadline }) => visibilityDeadline > now).length;
      const all = [...ready, ...delayed, ...inflight.map(({ message }) => message)];
      const oldestAt = all.reduce((at, { sentTimestamp }) => Math.min(at, sentTimestamp), now);
      return {
        waiting: all.length - inFlight,
        inFlight,
        ...(all.length > 0 && { oldestAt }),
      };
    },
    stop: () => hangUp(server),
    start: async () => void (await listen(server, fauxqs.port)),
    async [Symbol.asyncDispose]() {
      await hangUp(server);
      await fauxqs.stop();
    },
  };
}

/**
 * fauxqs always listens on every interface, and loses everything when it stops. Fastify announces each new
 * app, which gives access to its server. That allows listening on this machine only, and stopping and
 * starting again with the same topics and queues.
 */
async function startOnLoopback(
  port: number,
  dataDir?: string,
): Promise<{ fauxqs: FauxqsServer; server: Server }> {
  let server: Server | undefined;
  const keepLocal = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyApp };
    server = fastify.server;
    correctSqs(fastify);
    fastify.listen = async () => {
      await fastify.ready();
      return `http://${LOOPBACK_NAME}:${await listen(fastify.server, port)}`;
    };
  };
  subscribe('fastify.initialization', keepLocal);
  try {
    const fauxqs = await startFauxqs({
      port,
      logger: false,
      defaultRegion: REGION,
      ...(dataDir && { dataDir }),
    });
    if (!server) throw new Error('This version of fauxqs is not built on Fastify: pin it to 2.x');
    return { fauxqs, server };
  } finally {
    unsubscribe('fastify.initialization', keepLocal);
  }
}

/** Creates the template's topics. Existing topics stay. */
export async function createTopics(template: Template, endpoint: string): Promise<void> {
  const sns = new SNSClient(clientOf(endpoint));
  try {
    for (const topic of template.resourcesOf('AWS::SNS::Topic')) {
      await sns.send(
        new CreateTopicCommand({
          Name: String(template.attribute(topic.logicalId, 'TopicName')),
          // Other attributes have no effect here, and SNS would refuse a changed one for an existing topic.
          ...(topic.get('FifoTopic') === true && {
            Attributes: {
              FifoTopic: 'true',
              ContentBasedDeduplication: String(topic.get('ContentBasedDeduplication') ?? false),
            },
          }),
        }),
      );
    }
  } finally {
    sns.destroy();
  }
}

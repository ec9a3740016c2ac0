import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBMessageStore } from '../../lib/aws/message-store.ts';
import { SNSMessageTopic } from '../../lib/aws/message-topic.ts';
import { DynamoDBQuarantineStore } from '../../lib/aws/quarantine-store.ts';
import { anyAllowed } from '../../lib/http/allow-lists.ts';
import { Tokens } from '../../lib/http/tokens.ts';
import { notificationsIn } from '../../lib/messages/notification.ts';
import { keepRefusedIn } from '../../lib/messages/quarantine.ts';
import { SWEEP_GRACE_MS } from '../../lib/messages/sweep.ts';
import { scheduledSweep } from '../../lib/scheduled-sweep.ts';
import { webhook } from '../../lib/webhook.ts';
import { acceptQuarantined, LEASE_MS } from '../../tools/archive/accept-quarantined.ts';
import { DynamoDBAcceptanceStore } from '../../tools/archive/acceptance-store.ts';
import type { Aws } from './aws.ts';
import type { Defect, Parts } from './defect.ts';
import { type OperatorParts, operator } from './operators.ts';
import { UNLISTED } from './pbx-requests.ts';

/** As functions/ and serverless.yml have it. */
export const LIMITS = {
  webhook: { timeoutMs: 10_000, leaseMs: 30_000 },
  sweeper: { timeoutMs: 55_000, leaseMs: 90_000 },
  /** Nothing ends a command line. */
  operator: { timeoutMs: undefined, leaseMs: LEASE_MS },
};
const TABLE = 'messages';
const SETTINGS = {
  tokens: new Tokens([{ hash: createHash('sha256').update('test').digest() }]),
  edgeSecrets: undefined,
  isSourceAllowed: anyAllowed,
};

/** What a process may be called for. */
export interface Handlers {
  readonly webhook: ReturnType<typeof webhook>;
  readonly sweeper: ReturnType<typeof scheduledSweep>;
  readonly operator: ReturnType<typeof operator>;
}

export interface ProcessOptions {
  readonly send: Aws['send'];
  readonly keepsOrder: boolean;
  /** Epoch ms, by the clock of the process. */
  readonly now: () => number;
  readonly newOwner: () => string;
  /** The settings that it starts with. */
  readonly allowsAllNumbers: boolean;
  readonly defect: Defect | undefined;
}

const toNotification = notificationsIn('inbound-sms');

/** Sets up a process as functions/ and the command line do. */
export function startProcess({ keepsOrder, defect, ...options }: ProcessOptions): Handlers {
  const { now, newOwner, allowsAllNumbers } = options;
  const send = defect?.send?.(options.send) ?? options.send;
  const client = { send } as unknown as DynamoDBClient & SNSClient;
  const parts: Parts = {
    store: new DynamoDBMessageStore(client, TABLE),
    topic: new SNSMessageTopic(client, keepsOrder ? 'arn:messages.fifo' : 'arn:messages'),
    toNotification,
    now,
    newOwner,
    retentionMs: 1,
  };
  const dependencies = defect?.parts?.(parts) ?? parts;
  const quarantine = new DynamoDBQuarantineStore(client, TABLE);
  const operatorParts: OperatorParts = {
    accept: acceptQuarantined,
    acceptances: new DynamoDBAcceptanceStore(client, TABLE),
    delivery: { ...dependencies, leaseMs: LIMITS.operator.leaseMs },
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
  const real: Handlers = {
    webhook: webhook(
      { ...SETTINGS, isNumberAllowed: allowsAllNumbers ? anyAllowed : (to) => to !== UNLISTED },
      {
        ...{ ...dependencies, leaseMs: LIMITS.webhook.leaseMs },
        keepRefused: keepRefusedIn({
          store: defect?.quarantine?.(quarantine) ?? quarantine,
          now,
          quarantineMs: 1,
        }),
      },
    ),
    sweeper: scheduledSweep({
      ...{ ...dependencies, graceMs: SWEEP_GRACE_MS, concurrency: 2 },
      leaseMs: LIMITS.sweeper.leaseMs,
    }),
    operator: operator(defect?.operator?.(operatorParts) ?? operatorParts),
  };
  return defect?.handlers?.(real) ?? real;
}

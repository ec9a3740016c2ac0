import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hangUp, LOOPBACK_NAME, listen } from '../../../../tools/local/listen.ts';
import { ConsoleStack } from './console-stack.ts';

/** Signs what `crm` gets; the format of Standard Webhooks. */
const SECRET = `whsec_${Buffer.from('console-tests-0123456789abcdef').toString('base64')}`;

/** A local stack with the console and a subscriber of each sort. */
export interface SubscribedStack extends AsyncDisposable {
  readonly service: ConsoleStack;
  /** What `crm` answers from now on. At first: 204. */
  answer(status: number): void;
}

/**
 * - `crm`, an endpoint that is there;
 * - `chat`, whose secret is missing, so that each attempt fails;
 * - `team`, an e-mail address;
 * - `jobs`, a queue, for messages to one number only.
 */
export async function startSubscribedStack(): Promise<SubscribedStack> {
  await using started = new AsyncDisposableStack();
  let status = 204;
  const receiver = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end());
  });
  const port = await listen(receiver);
  started.defer(() => hangUp(receiver));
  const directory = await mkdtemp(join(tmpdir(), 'inbound-sms-subscribed-'));
  started.defer(() => rm(directory, { recursive: true, force: true }));
  const secrets = join(directory, '.env');
  await writeFile(secrets, `CRM_SECRET=${SECRET}\n`);
  const service = started.use(
    await ConsoleStack.start({
      packageDir: undefined,
      secretFiles: [secrets],
      settings: `local:
  subscribers:
    crm: { https: "http://${LOOPBACK_NAME}:${port}/hooks/sms", secret: CRM_SECRET }
    chat: { slack: SLACK_URL }
    team: { email: team@example.com }
    jobs: { queue: true, to: "+61491570156" }
`,
    }),
  );
  const running = started.move();
  return {
    service,
    answer(next) {
      status = next;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

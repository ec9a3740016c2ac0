import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { main } from '../../tools/cli/main.ts';
import { chance } from '../../tools/proof/random-faults.ts';
import { ForwardingStack } from '../helpers/forwarding-stack.ts';
import type { Received } from '../helpers/receiver.ts';
import { fakeTerminal } from '../tools/cli/fake-terminal.ts';

const SEED = process.env.RECONCILE_SEED ?? String(Date.now() % 2 ** 31);
const MESSAGES = 40;
const HOUR = 3_600_000;
/** Longer than a message's 34 attempts. */
const UNTIL_DEAD_MS = 30 * HOUR;
/** The share of messages that the receiver refuses, and the share of requests at which it is killed. */
const REFUSED = 0.1;
const KILLED = 0.2;
/** Messages that the receiver may lose when it is killed. */
const IN_MEMORY = 4;
/** It writes each message before it accepts it. */
const NOTHING_IN_MEMORY = 1;
/**
 * After this many requests, fewer than there are messages, the other receiver stays down until it is
 * repaired.
 */
const DOWN_AFTER = 30 + Math.floor(chance(SEED, 'down') * 6);

const CRM = fileURLToPath(new URL('../helpers/forgetful-crm.ts', import.meta.url));

let forwarding: ForwardingStack;
let directory: string;
beforeAll(async () => {
  console.log(`RECONCILE_SEED=${SEED}`);
  directory = await mkdtemp(join(tmpdir(), 'inbound-sms-reconcile-'));
  forwarding = await ForwardingStack.start({
    subscribers: (url) => ({
      crm: { https: `${url}/crm`, secret: 'CRM_SECRET' },
      books: { https: `${url}/books`, secret: 'CRM_SECRET' },
    }),
  });
}, 120_000);
afterEach(() => {
  for (const name of ['crm', 'books']) forwarding.receiver.answer(name, 204);
});
afterAll(async () => {
  await forwarding?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** A receiver in its own process, which can be killed and restarted with its file. */
class Crm implements AsyncDisposable {
  readonly file: string;
  /** Its port while it runs. */
  #running: Promise<{ readonly child: ChildProcess; readonly port: number | undefined }>;
  kills = 0;

  /** @param limit Messages that it keeps in memory. */
  constructor(name: string, limit: number) {
    this.file = join(directory, name);
    this.#running = this.#start(limit);
  }

  async #start(limit: number) {
    const child = fork(CRM, [this.file, String(limit)]);
    const [port] = await once(child, 'message');
    return { child, port: port as number };
  }

  /**
   * Passes a request on, as a load balancer does. Hangs up if there is no answer. @returns Whether there
   * was one.
   */
  async forward({ headers, body }: Received, response: ServerResponse): Promise<boolean> {
    const { port } = await this.#running;
    const sent = { method: 'POST', headers: { 'webhook-id': String(headers['webhook-id']) }, body };
    const url = `http://127.0.0.1:${port}/`;
    const answer = port && (await fetch(url, sent).catch(() => undefined));
    if (answer) response.writeHead(answer.status).end();
    else response.destroy();
    return Boolean(answer);
  }

  async kill(): Promise<void> {
    const before = this.#running;
    this.kills++;
    this.#running = before.then(async ({ child }) => {
      await end(child);
      return { child, port: undefined };
    });
    await this.#running;
  }

  /** @param limit Messages that the next process keeps in memory. */
  async restart(limit: number): Promise<void> {
    const killed = this.kill();
    const before = this.#running;
    this.#running = before.then(() => this.#start(limit));
    await killed;
    await this.#running;
  }

  /** The ids that it has. */
  async ids(): Promise<Set<string>> {
    const text = await readFile(this.file, 'utf8').catch(() => '');
    return new Set(text.split('\n').filter(Boolean));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end((await this.#running).child);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** Runs in this process, which has the stack's clock. */
async function reconcile(...args: string[]) {
  const { runtime, read, readErrors } = fakeTerminal();
  const all = ['reconcile', `--local=${forwarding.stack.url}`, '--json', ...args];
  const code = await main(all, runtime);
  const documents = read()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const inState = (wanted: string) =>
    documents.filter(({ state }) => state === wanted).map(({ message_id }) => message_id as string);
  return { code, errors: stripVTControlCharacters(readErrors()), inState };
}

async function postAll(): Promise<Set<string>> {
  const ids = new Set<string>();
  for (let n = 0; n < MESSAGES; n++) ids.add(await forwarding.post(`Message ${n}`));
  return ids;
}

const minus = (all: ReadonlySet<string>, others: ReadonlySet<string>) =>
  [...all].filter((id) => !others.has(id)).toSorted();

it('a receiver that loses accepted messages gets exactly those again, by its list', async () => {
  await using crm = new Crm('crm', IN_MEMORY);
  const numbers = new Map<string, number>();
  let isRepaired = false;
  let requests = 0;
  forwarding.receiver.answer('crm', async (response, received) => {
    const id = String(received.headers['webhook-id']);
    const number = numbers.get(id) ?? numbers.size;
    numbers.set(id, number);
    if (!isRepaired && chance(SEED, 'refuse', number) < REFUSED) {
      response.writeHead(500).end();
      return;
    }
    const nth = requests++;
    // At least once, when it has a message in memory.
    const isKilled = !isRepaired && (nth === 1 || chance(SEED, 'kill', nth) < KILLED);
    const isBefore = nth !== 1 && chance(SEED, 'before', nth) < 0.5;
    const killed = isKilled && isBefore ? crm.restart(IN_MEMORY) : undefined;
    await crm.forward(received, response);
    await (isKilled && !isBefore ? crm.restart(IN_MEMORY) : killed);
  });
  const since = new Date().toISOString();
  const posted = await postAll();
  await forwarding.passTime(UNTIL_DEAD_MS);
  isRepaired = true;
  await crm.restart(1);
  const lost = minus(posted, await crm.ids());
  const dead = new Set(await forwarding.idsIn('crm-dead'));
  const figures = `seed ${SEED}: ${crm.kills} kills, ${dead.size} dead, ${lost.length} lacking`;
  console.log(figures);
  // Otherwise the run would show nothing.
  expect(lost.length, figures).toBeGreaterThan(dead.size);

  const list = join(directory, 'list');
  const asked = ['--ids', list, '--subscriber', 'crm', '--since', since];
  const writeList = async () => writeFile(list, [...(await crm.ids()), ''].join('\n'));
  await writeList();
  const found = await reconcile(...asked);
  expect(found.inState('missing').toSorted(), figures).toEqual(lost);
  expect(found).toMatchObject({ code: 1, errors: expect.stringContaining('error: crm lacks') });

  const before = forwarding.receiver.of('crm').length;
  const until = ['--until', new Date().toISOString()];
  expect(await reconcile(...asked, ...until, '--replay', '--yes')).toMatchObject({
    ...{ code: 0, errors: '' },
  });
  await forwarding.settled();
  const sent = forwarding.receiver.of('crm').slice(before);
  expect(sent.map(({ headers }) => String(headers['webhook-id'])).toSorted()).toEqual(lost);
  expect(minus(posted, await crm.ids()), figures).toEqual([]);
  expect(minus(await crm.ids(), posted), figures).toEqual([]);

  await writeList();
  const after = await reconcile(...asked);
  expect(after).toMatchObject({ code: 0, errors: '' });
  expect([...after.inState('missing'), ...after.inState('unknown')]).toEqual([]);
}, 180_000);

it('a receiver that is killed gets exactly the messages that it has not accepted, by the marks', async () => {
  await using books = new Crm('books', NOTHING_IN_MEMORY);
  const accepted = new Set<string>();
  let isDown = false;
  let isRepaired = false;
  let requests = 0;
  forwarding.receiver.answer('books', async (response, received) => {
    const nth = requests++;
    const isRestarted = nth < DOWN_AFTER && chance(SEED, 'kill books', nth) < KILLED;
    const isBefore = chance(SEED, 'before books', nth) < 0.5;
    const kill = async () => {
      isDown ||= nth === DOWN_AFTER;
      if (nth === DOWN_AFTER) await books.kill();
      else if (isRestarted && !isDown) await books.restart(NOTHING_IN_MEMORY);
    };
    const killed = !isRepaired && isBefore ? kill() : undefined;
    if (await books.forward(received, response)) {
      accepted.add(String(received.headers['webhook-id']));
    }
    await (!isRepaired && !isBefore ? kill() : killed);
  });
  const since = new Date(Date.now()).toISOString();
  const posted = await postAll();
  await forwarding.settled();
  const lacking = minus(posted, accepted);
  const figures = `seed ${SEED}: ${books.kills} kills, ${lacking.length} lacking`;
  console.log(figures);
  // Otherwise the run would show nothing.
  expect(books.kills, figures).toBeGreaterThan(0);
  expect(lacking.length, figures).toBeGreaterThan(0);
  expect(accepted.size, figures).toBeGreaterThan(0);
  const asked = ['--subscriber', 'books', '--since', since];
  const early = await reconcile(...asked);
  expect({ code: early.code, missing: early.inState('missing') }).toEqual({ code: 0, missing: [] });
  expect(early.inState('on-the-way').toSorted()).toEqual(expect.arrayContaining(lacking));

  await forwarding.passTime(UNTIL_DEAD_MS);
  const found = await reconcile(...asked);
  expect(found.inState('missing').toSorted(), figures).toEqual(lacking);

  isRepaired = true;
  await books.restart(NOTHING_IN_MEMORY);
  const before = forwarding.receiver.of('books').length;
  expect((await reconcile(...asked, '--replay', '--yes')).code).toBe(0);
  await forwarding.settled();
  const sent = forwarding.receiver.of('books').slice(before);
  expect(sent.map(({ headers }) => String(headers['webhook-id'])).toSorted()).toEqual(lacking);
  expect(minus(posted, await books.ids()), figures).toEqual([]);
  expect((await reconcile(...asked)).code).toBe(0);
}, 180_000);

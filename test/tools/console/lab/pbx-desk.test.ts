import { createServer, type IncomingHttpHeaders } from 'node:http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { PbxDesk } from '../../../../tools/console/lab/pbx-desk.ts';
import type { FallbackEmail, PbxDelivery } from '../../../../tools/console/lab-protocol.ts';
import { listen } from '../../../../tools/local/listen.ts';
import { edgeHeaders } from '../../../../tools/local/stack-description.ts';

const SMS = { from: '1', sms_number: '2', body: 'Hello', retryDelayMs: 0 };

/** A desk whose webhook answers so; `held`: once it is released. */
async function startDesk(
  status: number,
  options: {
    readonly kept?: { deliveries: number; emails: number };
    readonly isHeld?: boolean;
  } = {},
): Promise<{
  readonly desk: PbxDesk;
  readonly told: PbxDelivery[];
  readonly emails: FallbackEmail[];
  readonly mostAtOnce: () => number;
  readonly release: () => void;
}> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  if (!options.isHeld) release();
  let open = 0;
  let most = 0;
  const server = createServer((request, response) => {
    most = Math.max(most, ++open);
    request.resume().on('end', async () => {
      await released;
      open--;
      response.writeHead(status).end('answer');
    });
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const told: PbxDelivery[] = [];
  const emails: FallbackEmail[] = [];
  const desk = new PbxDesk({
    webhookUrl: `http://localhost:${await listen(server)}/sms/test`,
    onDelivery: (delivery) => told.push(delivery),
    onEmail: (email) => emails.push(email),
    ...(options.kept && { kept: options.kept }),
  });
  onTestFinished(() => desk[Symbol.asyncDispose]());
  return { desk, told, emails, mostAtOnce: () => most, release };
}

it('keeps the latest deliveries and e-mails', async () => {
  const { desk, emails } = await startDesk(503, { kept: { deliveries: 3, emails: 2 } });
  const sent = desk.send({ ...SMS, count: 5 });
  await vi.waitFor(() => expect(emails).toHaveLength(5));
  expect(desk.deliveries().map(({ id }) => id)).toEqual(
    sent
      .slice(2)
      .map(({ id }) => id)
      .reverse(),
  );
  expect(desk.outbox()).toEqual(emails.slice(3).reverse());
});

it('has ten posts under way at once, and no more', async () => {
  const { desk, told, mostAtOnce, release } = await startDesk(200, { isHeld: true });
  desk.send({ ...SMS, count: 40 });
  await vi.waitFor(() => expect(mostAtOnce()).toBe(10));
  release();
  await vi.waitFor(() => expect(done(told)).toHaveLength(40));
  expect(mostAtOnce()).toBe(10);
});

it('posts copies together, and as many messages as then fit', async () => {
  const { desk, told, mostAtOnce, release } = await startDesk(200, { isHeld: true });
  desk.send({ ...SMS, count: 6, copies: 4 });
  await vi.waitFor(() => expect(mostAtOnce()).toBe(8));
  release();
  await vi.waitFor(() => expect(done(told)).toHaveLength(24));
  expect(mostAtOnce()).toBe(8);
});

it('tells only the end of each delivery of a large send', async () => {
  const { desk, told } = await startDesk(200);
  desk.send({ ...SMS, count: 101 });
  await vi.waitFor(() => expect(done(told)).toHaveLength(101));
  expect(told).toHaveLength(101);
});

it('says why there was no answer', async () => {
  const told: PbxDelivery[] = [];
  const desk = new PbxDesk({
    // A port that fetch does not go to.
    webhookUrl: 'http://localhost:1/sms/test',
    onDelivery: (delivery) => told.push(delivery),
    onEmail: () => {},
  });
  onTestFinished(() => desk[Symbol.asyncDispose]());
  desk.send(SMS);
  await vi.waitFor(() => expect(told.at(-1)?.state).toBe('e-mailed'));
  expect(told.at(-1)?.attempts[0]).toEqual({
    at: expect.any(Number),
    ms: expect.any(Number),
    answer: expect.stringContaining('bad port'),
  });
});

it('stops in the middle of what it does', async () => {
  const { desk, told, mostAtOnce } = await startDesk(200, { isHeld: true });
  desk.send({ ...SMS, count: 20 });
  await vi.waitFor(() => expect(mostAtOnce()).toBe(10));
  await desk[Symbol.asyncDispose]();
  expect(told.map(({ attempts, state }) => [attempts.length, state])).toEqual(
    Array(10).fill([0, 'under way']),
  );
  expect(mostAtOnce()).toBe(10);
});

function done(told: readonly PbxDelivery[]): PbxDelivery[] {
  return told.filter(({ state }) => state !== 'under way');
}

it('sends what an edge between it and the webhook adds', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.end('answer');
  });
  onTestFinished(() => void server.close());
  const desk = new PbxDesk({
    webhookUrl: `http://localhost:${await listen(server)}/sms/test`,
    edgeHeaders: edgeHeaders('old, new'),
    onDelivery: () => {},
    onEmail: () => {},
  });
  onTestFinished(() => desk[Symbol.asyncDispose]());
  desk.send(SMS);
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  expect(seen[0]).toMatchObject({
    'content-type': 'application/x-www-form-urlencoded',
    'x-edge-secret': 'new',
    'cloudfront-viewer-address': '127.0.0.1:443',
  });
  expect(edgeHeaders(undefined)).toEqual({});
});

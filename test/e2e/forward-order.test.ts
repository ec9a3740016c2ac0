import { afterAll, beforeAll, expect, it } from 'vitest';
import { ForwardingStack } from '../helpers/forwarding-stack.ts';

const MINUTE = 60_000;
const FROM = ['+61491570156', '+61491570157', '+61491570158'];

let forwarding: ForwardingStack;
beforeAll(async () => {
  forwarding = await ForwardingStack.start({
    params: { topicType: 'fifo' },
    subscribers: (url) => ({ crm: { https: `${url}/crm`, secret: 'CRM_SECRET' } }),
  });
});
afterAll(() => forwarding?.[Symbol.asyncDispose]());

/** Numbers from 0 to 1, the same in each run. */
function numbersOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

interface Text {
  readonly from: string;
  readonly body: string;
}

/** The texts that the receiver accepts from now on, in order. It answers 500 when `isDown`. */
function accepting(isDown: (text: Text) => boolean): Text[] {
  const accepted: Text[] = [];
  forwarding.receiver.answer('crm', (response, received) => {
    const { from, body }: Text = JSON.parse(received.body);
    const status = isDown({ from, body }) ? 500 : 204;
    if (status === 204) accepted.push({ from, body });
    response.writeHead(status).end();
  });
  return accepted;
}

/** Posts four texts of each conversation, in turns. */
async function postAll(): Promise<Text[]> {
  const texts = [1, 2, 3, 4].flatMap((number) =>
    FROM.map((from) => ({ from, body: `${from} ${number}` })),
  );
  for (const { from, body } of texts) await forwarding.post(body, { from });
  return texts;
}

const of = (from: string, texts: readonly Text[]) => texts.filter((text) => text.from === from);

it.each([1, 2, 3])(
  'each conversation stays in order while the receiver fails at random (seed %i)',
  async (seed) => {
    const random = numbersOf(seed * 7_919);
    const accepted = accepting(() => random() < 0.6);
    const texts = await postAll();
    await forwarding.passTime(6 * 60 * MINUTE);
    for (const from of FROM) expect(of(from, accepted)).toEqual(of(from, texts));
    expect(await forwarding.idsIn('crm')).toEqual([]);
  },
  120_000,
);

it('a refused conversation does not delay others', async () => {
  const [refused = '', ...others] = FROM;
  let isRefused = true;
  const accepted = accepting(({ from }) => isRefused && from === refused);
  const texts = await postAll();
  await forwarding.settled();
  for (const from of others) expect(of(from, accepted)).toEqual(of(from, texts));
  expect(of(refused, accepted)).toEqual([]);
  await forwarding.passTime(60 * MINUTE);
  isRefused = false;
  await forwarding.passTime(120 * MINUTE);
  expect(of(refused, accepted)).toEqual(of(refused, texts));
}, 120_000);

import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type LocalStack, startLocalStack } from '../../tools/local/stack.ts';
import { SIGNING_SECRET } from '../helpers/forwarding-stack.ts';
import { postForm } from '../helpers/local-stack.ts';
import { moveClock } from '../helpers/moved-clock.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { temporaryDir } from '../tools/local/temporary-dir.ts';

it('with a data directory, a restart delivers waiting messages to the current subscribers', async () => {
  await using receiver = await startReceiver();
  using clock = moveClock();
  const dataDir = await temporaryDir();
  const secretFile = join(await temporaryDir(), '.env');
  await writeFile(secretFile, `CRM_SECRET=${SIGNING_SECRET}\n`);
  const failed: string[] = [];
  const start = (...names: string[]): Promise<LocalStack> => {
    const subscribers = names.map((name) => [
      name,
      { https: `${receiver.url}/${name}`, secret: 'CRM_SECRET' },
    ]);
    return startLocalStack({
      ...{ schedules: false, dataDir, secretFiles: [secretFile] },
      settings: JSON.stringify({ local: { subscribers: Object.fromEntries(subscribers) } }),
      onFunctionLog: (_, line) => {
        const { outcome, subscriber } = JSON.parse(line);
        if (outcome === 'failed') failed.push(subscriber);
      },
    });
  };
  const post = async (stack: LocalStack) => {
    const message_id = randomUUID();
    const sms = { from: '+61491570156', sms_number: '+61491570157', body: 'hello' };
    expect((await postForm(stack.webhookUrl, { message_id, ...sms })).status).toBe(200);
    return message_id;
  };

  receiver.answer('crm', 500);
  receiver.answer('gone', 500);
  const first = await start('crm', 'gone');
  const waiting = await post(first);
  await expect.poll(() => failed.toSorted(), { timeout: 20_000 }).toEqual(['crm', 'gone']);
  await first.close();

  receiver.answer('crm', 204);
  const before = receiver.received.length;
  clock.moveTo(Date.now() + 60_000);
  await using second = await start('crm', 'added');
  const posted = await post(second);
  const arrived = () =>
    receiver.received
      .slice(before)
      .map(({ name, headers }) => `${name} ${headers['webhook-id']}`)
      .toSorted();
  await expect
    .poll(arrived, { timeout: 20_000 })
    .toEqual([`added ${posted}`, `crm ${posted}`, `crm ${waiting}`].toSorted());
}, 120_000);

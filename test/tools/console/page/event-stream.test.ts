import { describe, expect, it } from 'vitest';
import { readEvents } from '../../../../tools/console/page/event-stream.ts';

const TEXT = [
  'event: hello\ndata: {"name":"Größe 👋"}\n\n',
  ':\n\n',
  'event: timeline\ndata: {"message_id":"event: x"}\n\n',
].join('');
const EVENTS = [
  ['hello', '{"name":"Größe 👋"}'],
  ['timeline', '{"message_id":"event: x"}'],
];

/** What is read of these bytes, as they come. */
async function read(...chunks: readonly Uint8Array[]): Promise<[string, string][]> {
  const events: [string, string][] = [];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  await readEvents(body, (...event) => events.push(event));
  return events;
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe('the reader of events', () => {
  it('hands over each event, and no comment', async () => {
    expect(await read(bytes(TEXT))).toEqual(EVENTS);
  });

  it('does so wherever the network cuts them, be it in a letter', async () => {
    const all = bytes(TEXT);
    for (let at = 0; at <= all.length; at++) {
      expect(await read(all.slice(0, at), all.slice(at)), `at ${at}`).toEqual(EVENTS);
    }
    expect(await read(...[...all].map((byte) => Uint8Array.of(byte)))).toEqual(EVENTS);
  });

  it('leaves out what was cut off at the end', async () => {
    expect(await read(bytes(TEXT.slice(0, -1)))).toEqual(EVENTS.slice(0, 1));
  });

  it('fails when the connection breaks', async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.error(new TypeError('network error')),
    });
    await expect(readEvents(body, () => {})).rejects.toThrow('network error');
  });
});

import type { IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeConsoleSource, someSummary } from '../../fakes/fake-console-source.ts';
import { open, serveSite } from '../../helpers/console-site.ts';

let source: FakeConsoleSource;
beforeEach(() => {
  source = new FakeConsoleSource();
});

interface Stream {
  readonly response: IncomingMessage;
  /** All that came so far. */
  readonly text: () => string;
  readonly isOver: () => boolean;
}

async function listen(url: string): Promise<Stream> {
  const response = await open(`${url}/_console/api/events`);
  onTestFinished(() => void response.destroy());
  let text = '';
  let over = false;
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  response.on('error', () => {});
  response.on('close', () => {
    over = true;
  });
  return { response, text: () => text, isOver: () => over };
}

const HELLO = /^event: hello\ndata: \{"session":"session-1".*\}\n\n/;

describe('events', () => {
  it('begin with hello, and are what happens from then on', async () => {
    const { url } = await serveSite({ source });
    const stream = await listen(url);
    expect(stream.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
    });
    await vi.waitFor(() => expect(stream.text()).toMatch(HELLO));
    const body = 'two\nlines\r\n\ndata: and more\u2028';
    source.emit('message', someSummary({ body }));
    source.emit('timeline', { message_id: 'message-1' });
    await vi.waitFor(() => expect(stream.text()).toContain('event: timeline'));
    const [, message = '', timeline = ''] = stream.text().split('\n\n');
    const [name, data = '', ...others] = message.split('\n');
    expect(others).toEqual([]);
    expect(name).toBe('event: message');
    expect(JSON.parse(data.slice('data: '.length))).toEqual(someSummary({ body }));
    expect(timeline).toBe('event: timeline\ndata: {"message_id":"message-1"}');
  });

  it('are watched once for all clients, and not at all without any', async () => {
    const { url } = await serveSite({ source });
    expect(source.listeners.size).toBe(0);
    const first = await listen(url);
    const second = await listen(url);
    expect(source.listeners.size).toBe(1);
    source.emit('timeline', { message_id: 'a' });
    for (const { text } of [first, second]) {
      await vi.waitFor(() => expect(text().match(/event: timeline/g)).toHaveLength(1));
    }
    first.response.destroy();
    source.emit('timeline', { message_id: 'b' });
    await vi.waitFor(() => expect(second.text()).toContain('"b"'));
    expect(source.listeners.size).toBe(1);
    second.response.destroy();
    await vi.waitFor(() => expect(source.listeners.size).toBe(0));
    const third = await listen(url);
    source.emit('timeline', { message_id: 'c' });
    await vi.waitFor(() => expect(third.text()).toContain('"c"'));
  });

  it('have a comment now and then', async () => {
    const { url } = await serveSite({ source, events: { heartbeatMs: 5 } });
    const { text } = await listen(url);
    await vi.waitFor(() => expect(text()).toMatch(/\n\n:\n\n:\n\n/));
    expect(text()).toMatch(HELLO);
  });

  it('drop a client that does not read, and no other', async () => {
    const { url } = await serveSite({ source, events: { maxBacklog: 2_000_000 } });
    const reader = await listen(url);
    const sleeper = await listen(url);
    sleeper.response.pause();
    const count = ({ text }: Stream) => text().match(/event: message/g)?.length ?? 0;
    // More than the system takes for a client that does not read.
    const body = 'x'.repeat(100_000);
    for (let sent = 1; sent <= 300; sent++) {
      source.emit('message', someSummary({ body }));
      if (sent % 10 > 0) continue;
      await vi.waitFor(() => expect(count(reader)).toBe(sent), { timeout: 5_000, interval: 5 });
    }
    sleeper.response.resume();
    await vi.waitFor(() => expect(sleeper.isOver()).toBe(true), 5_000);
    expect(count(sleeper)).toBeLessThan(300);
    expect(reader.isOver()).toBe(false);
    expect(source.listeners.size).toBe(1);
  });

  it('end with the console, even if its server goes on', async () => {
    const { url, site } = await serveSite({ source });
    const stream = await listen(url);
    site[Symbol.dispose]();
    await vi.waitFor(() => expect(stream.isOver()).toBe(true));
    expect(stream.text()).toMatch(HELLO);
    expect(source.listeners.size).toBe(0);
  });

  it('do not keep the server from ending', async () => {
    const { url, close } = await serveSite({ source });
    const stream = await listen(url);
    await close();
    await vi.waitFor(() => expect(stream.isOver()).toBe(true));
  });
});

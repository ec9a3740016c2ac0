import { expect, onTestFinished, vi } from 'vitest';
import { API_PATH, type ConsoleEvents } from '../../../../tools/console/protocol.ts';

type Name = keyof ConsoleEvents;

export interface EventTap {
  /** Those so far, in order. */
  of<N extends Name>(name: N): ConsoleEvents[N][];
}

/** Hears the console's events from now on, until the test is over. */
export async function tapEvents(url: string): Promise<EventTap> {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const { body } = await fetch(`${url}${API_PATH}events`, { signal: ending.signal });
  const heard: { readonly name: string; readonly data: unknown }[] = [];
  const tap: EventTap = {
    of: <N extends Name>(name: N) =>
      heard.filter((each) => each.name === name).map(({ data }) => data as ConsoleEvents[N]),
  };
  void read(body, (name, data) => heard.push({ name, data })).catch(() => {});
  await vi.waitFor(() => expect(tap.of('hello')).toHaveLength(1));
  return tap;
}

async function read(
  stream: ReadableStream<Uint8Array> | null,
  onEvent: (name: string, data: unknown) => void,
): Promise<void> {
  let text = '';
  for await (const part of stream?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
      if (name && data) onEvent(name, JSON.parse(data));
      text = text.slice(end + 2);
    }
  }
}

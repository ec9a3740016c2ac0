/** A server-sent event: its name, and its data as text. */
type OnEvent = (name: string, data: string) => void;

/**
 * Reads the events that the console's server sends, until it ends: each has a name and one line of data.
 * The browser's own `EventSource` cannot send a header, and so no session.
 *
 * @throws {Error} If the connection breaks.
 */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: OnEvent,
): Promise<void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      // Anything else is a comment, which keeps the connection alive.
      if (name !== undefined && data !== undefined) onEvent(name, data);
    }
  }
}

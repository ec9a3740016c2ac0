import { createServer, type RequestListener } from 'node:http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { findLocalStack } from '../../../tools/cli/local-stack.ts';
import { hangUp, listen } from '../../../tools/local/listen.ts';

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  const port = await listen(server);
  onTestFinished(() => hangUp(server));
  return `http://localhost:${port}`;
}

it('is waited for five seconds', async () => {
  const over = AbortSignal.abort(new DOMException('It took too long', 'TimeoutError'));
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(over);
  onTestFinished(() => timeout.mockRestore());
  const url = await serve(() => {});
  await expect(findLocalStack(url, new AbortController().signal)).rejects.toMatchObject({
    message: `No local stack answers at ${url}: there is no answer`,
    exitCode: 3,
  });
  expect(timeout).toHaveBeenCalledExactlyOnceWith(5_000);
});

it('is waited for no longer than the command runs', async () => {
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(new AbortController().signal);
  onTestFinished(() => timeout.mockRestore());
  const stopping = new AbortController();
  const url = await serve(() => stopping.abort(new Error('stopped')));
  await expect(findLocalStack(url, stopping.signal)).rejects.toThrow(/^stopped$/);
});

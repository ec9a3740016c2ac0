import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../../tools/local/settings.ts';
import { someForm } from '../fixtures/webhook-event.ts';
import { read, wordsOf } from '../helpers/documented-commands.ts';
import { startTestStack } from '../helpers/local-stack.ts';

const document = read('docs/faq.md');

it('is linked from where people look for it', () => {
  expect(read('docs/deploy.md')).toContain('](faq.md)');
  expect(read('README.md')).toContain('](docs/faq.md)');
  expect(read('README.md')).toContain('](docs/faq.md#where-do-i-paste-the-url)');
});

it('starts the local stack with existing options', () => {
  const commands = [...document.matchAll(/npm start -- ([^`\n]+)/g)].map(([, args = '']) => args);
  expect(commands.length).toBeGreaterThan(1);
  for (const args of commands) {
    const { dataDir, tunnel } = readSettings(wordsOf(args), {});
    expect(dataDir ?? tunnel, args).toBeTruthy();
  }
});

describe('a tunnel to the local stack', () => {
  /** Sends a request as a tunnel does: with the tunnel's name as the host. */
  const ask = (url: string, body?: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = {
        host: 'name.of-a-tunnel.example',
        ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      };
      const method = body === undefined ? 'GET' : 'POST';
      request(url, { method, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end(body);
    });

  it('leads to the webhook, not to the console', async () => {
    await using stack = await startTestStack({ console: true });
    expect(await ask(stack.webhookUrl, String(new URLSearchParams(someForm())))).toBe(200);
    expect(await ask(stack.consoleUrl ?? expect.unreachable('It has no console'))).toBe(403);
  }, 60_000);
});

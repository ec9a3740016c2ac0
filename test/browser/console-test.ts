import type { BrowserContextOptions, Page } from 'playwright-core';
import { test as base, expect, vi } from 'vitest';
import { launchBrowser } from '../../tools/bench/browser/launch.ts';
import { ConsoleStack } from '../tools/console/lab/console-stack.ts';
import { startSubscribedStack } from '../tools/console/lab/subscribed-stack.ts';
import { PageGuard } from './page-guard.ts';

export { expect };

/** How long a test waits for what is to come, ms: machines may be small and busy. */
const PATIENCE_MS = 20_000;
vi.setConfig({
  testTimeout: 5 * PATIENCE_MS,
  hookTimeout: 5 * PATIENCE_MS,
  expect: { poll: { timeout: PATIENCE_MS } },
});

/** A wide screen, in light colours, with nothing moving. */
const USUAL: BrowserContextOptions = {
  viewport: { width: 1280, height: 800 },
  colorScheme: 'light',
  reducedMotion: 'reduce',
  timezoneId: 'Australia/Sydney',
};

/**
 * Tests in a real browser. Each file has one browser, and one local stack with the console if it asks for
 * it; each page has a profile of its own. A test fails on whatever its pages complain of: see
 * page-guard.ts.
 */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: a fixture says what it needs: nothing
  .extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
    const launched = await launchBrowser();
    onCleanup(() => launched[Symbol.asyncDispose]());
    return launched.browser;
  })
  // biome-ignore lint/correctness/noEmptyPattern: a fixture says what it needs: nothing
  .extend('service', { scope: 'file' }, async ({}, { onCleanup }) => {
    const service = await ConsoleStack.start();
    onCleanup(() => service[Symbol.asyncDispose]());
    return service;
  })
  // biome-ignore lint/correctness/noEmptyPattern: a fixture says what it needs: nothing
  .extend('guard', async ({}, { onCleanup }) => {
    const guard = new PageGuard();
    onCleanup(() => expect(guard.faults).toEqual([]));
    return guard;
  })
  .extend('openPage', async ({ browser, guard }, { onCleanup }) => {
    await using contexts = new AsyncDisposableStack();
    const opened = contexts.move();
    onCleanup(() => opened.disposeAsync());
    /** Opens an address in a window of its own. */
    return async (url: string, options: BrowserContextOptions = {}): Promise<Page> => {
      const context = opened.use(await browser.newContext({ ...USUAL, ...options }));
      context.setDefaultTimeout(PATIENCE_MS);
      await guard.watch(context);
      const page = await context.newPage();
      await page.goto(url);
      return page;
    };
  });

/** The same on a local stack with subscribers. It is packaged for the file, which takes a while. */
export const subscribedTest = test
  // biome-ignore lint/correctness/noEmptyPattern: a fixture says what it needs: nothing
  .extend('subscribed', { scope: 'file' }, async ({}, { onCleanup }) => {
    const subscribed = await startSubscribedStack();
    onCleanup(() => subscribed[Symbol.asyncDispose]());
    return subscribed;
  })
  .extend('service', { scope: 'file' }, ({ subscribed }) => subscribed.service);

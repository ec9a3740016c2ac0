import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { startLocalStack } from '../../local/stack.ts';
import { benchCommand, packageOption } from '../command.ts';
import { packaged } from '../stacks.ts';
import { launchBrowser } from './launch.ts';
import { Scene } from './scene.ts';
import { smallPng } from './small-png.ts';

const IMAGES = fileURLToPath(new URL('../../../docs/images', import.meta.url));
const COLOURS = ['light', 'dark'] as const;

interface Shot {
  readonly name: string;
  /** Of the window; it is 1,280 px wide. */
  readonly height: number;
  /** Brings the page to what is to be seen. */
  readonly show: (page: Page) => Promise<void>;
}

const INBOX: Shot = {
  name: 'console-inbox',
  height: 800,
  async show(page) {
    await page.getByRole('grid').getByText('gluten-free').click();
    await page.getByRole('tab', { name: 'Notification' }).click();
  },
};

const TIMELINE: Shot = {
  name: 'console-timeline',
  height: 1_140,
  async show(page) {
    await page.getByRole('grid').getByText('Can I move my appointment').click();
    await page.getByText('A subscriber got it').waitFor();
  },
};

const CHAOS: Shot = {
  name: 'console-chaos',
  height: 800,
  async show(page) {
    await page.getByRole('link', { name: 'Chaos' }).click();
    await page.getByText('faults on').waitFor();
  },
};

async function take(browser: Browser, url: string, out: string, shot: Shot): Promise<void> {
  for (const colorScheme of COLOURS) {
    const viewport = { width: 1_280, height: shot.height };
    const page = await browser.newPage({ viewport, colorScheme, timezoneId: 'Australia/Sydney' });
    await page.goto(url);
    await page.getByText('Live', { exact: true }).waitFor();
    await shot.show(page);
    const file = colorScheme === 'light' ? `${shot.name}.png` : `${shot.name}-dark.png`;
    const picture = await page.screenshot({ animations: 'disabled' });
    await page.close();
    await writeFile(join(out, file), await smallPng(browser, picture));
    console.log(join(out, file));
  }
}

export const command = benchCommand(
  'Takes the pictures of the console that stand in the README, light and dark, of made-up messages.',
)
  .option('--out <dir>', 'where they go', IMAGES)
  .addOption(packageOption())
  .action(async ({ out, package: existing }) => {
    await using resources = new AsyncDisposableStack();
    const packageDir = await packaged(existing, resources);
    const options = { packageDir, console: true, schedules: false };
    const stack = resources.use(await startLocalStack(options));
    const { browser } = resources.use(await launchBrowser());
    const scene = new Scene(stack);
    await scene.set();
    await take(browser, stack.url, out, INBOX);
    await take(browser, stack.url, out, TIMELINE);
    const recover = await scene.breakDown();
    await take(browser, stack.url, out, CHAOS);
    await recover();
  });

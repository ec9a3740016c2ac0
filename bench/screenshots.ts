/** `npm run screenshots`: the pictures of the console in docs/images, taken of a scene on the local stack. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { startLocalStack } from '../local/stack.ts';
import { launchBrowser } from './browser/launch.ts';
import { Scene } from './browser/scene.ts';
import { smallPng } from './browser/small-png.ts';
import { runCommand, word } from './command.ts';
import { packageDirectory } from './package-directory.ts';

const HELP = `Usage: npm run screenshots -- [OPTIONS]

Takes the pictures of the console that stand in the README, light and dark, of made-up messages.

Options:
  --out DIR        where they go (docs/images)
  --package DIR    a package of the stage "local" instead of a new one
  --help           show this
`;

const IMAGES = fileURLToPath(new URL('../docs/images', import.meta.url));
const OPTIONS = { out: word(IMAGES), package: word('') };
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

if (import.meta.main) {
  await runCommand(HELP, OPTIONS, async ({ out, package: existing }) => {
    await using packaged = await packageDirectory(existing);
    const options = { packageDir: packaged.directory, console: true, schedules: false };
    await using stack = await startLocalStack(options);
    await using launched = await launchBrowser();
    const { browser } = launched;
    const scene = new Scene(stack);
    await scene.set();
    await take(browser, stack.url, out, INBOX);
    await take(browser, stack.url, out, TIMELINE);
    await scene.breakDown();
    await take(browser, stack.url, out, CHAOS);
  });
}

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { startLocalStack } from '../../local/stack.ts';
import { benchCommand, packageOption } from '../command.ts';
import { packaged } from '../stacks.ts';
import { launchBrowser } from './launch.ts';
import { breakDown, setScene } from './scene.ts';

const IMAGES = fileURLToPath(new URL('../../../docs/images', import.meta.url));
const WIDTH = 1_280;

/**
 * Takes one picture in each colour scheme.
 * @param show Brings the page into the state for the picture.
 */
async function take(
  { url, browser, out }: { url: string; browser: Browser; out: string },
  name: string,
  height: number,
  show: (page: Page) => Promise<void>,
): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({
      viewport: { width: WIDTH, height },
      ...{ colorScheme, timezoneId: 'Australia/Sydney' },
    });
    await page.goto(url);
    await page.getByText('Live', { exact: true }).waitFor();
    await show(page);
    const file = join(out, `console-${name}${colorScheme === 'dark' ? '-dark' : ''}.png`);
    await page.screenshot({ animations: 'disabled', path: file });
    await page.close();
    console.log(file);
  }
}

export const command = benchCommand(
  'Takes the pictures of the console that stand in the README, light and dark, of made-up messages.',
)
  .option('--out <dir>', 'where they go', IMAGES)
  .addOption(packageOption())
  .action(async ({ out, package: existing }) => {
    await using folder = await packaged(existing);
    const options = { packageDir: folder.path, console: true, schedules: false };
    await using stack = await startLocalStack(options);
    await using launched = await launchBrowser();
    const { browser } = launched;
    const camera = { url: stack.url, browser, out };
    await setScene(stack);
    await take(camera, 'inbox', 800, async (page) => {
      await page.getByRole('grid').getByText('gluten-free').click();
      await page.getByRole('tab', { name: 'Notification' }).click();
    });
    await take(camera, 'timeline', 1_140, async (page) => {
      await page.getByRole('grid').getByText('Can I move my appointment').click();
      await page.getByText('A subscriber got it').waitFor();
    });
    const recover = await breakDown(stack);
    await take(camera, 'chaos', 800, async (page) => {
      await page.getByRole('link', { name: 'Chaos' }).click();
      await page.getByText(/^\d+ faults? on$/).waitFor();
      await page.getByText('Loading…').waitFor({ state: 'hidden' });
    });
    await recover();
  });

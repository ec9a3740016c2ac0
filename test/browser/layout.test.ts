import { readFile } from 'node:fs/promises';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';
import { vi } from 'vitest';
import { expect, subscribedTest as test } from './console-test.ts';
import { goTo, live, panel, rows, subscriber } from './views.ts';

const AXE = await readFile(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const PHONE = { viewport: { width: 360, height: 720 } };
/** WCAG 2.2, A and AA, and what axe counts as good practice. */
const ALL = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What other colours can change. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];
/** What a finger hits, px: https://www.w3.org/TR/WCAG22/#target-size-minimum, and the navigation better. */
const NAVIGATION_TARGET = 40;

const LONG = 'A long message without a break: '.concat('x'.repeat(300));
const CONFLICT = 'message-with-a-long-id-that-has-conflicts-0123456789-0123456789-0123456789';

test.beforeAll(async ({ service }) => {
  await service.deliver('message-1', 'Hello 👋, are you open on Sunday?');
  await service.deliver(CONFLICT, LONG);
  await service.deliver(CONFLICT, 'Something else');
  await service.post('send', {
    from: '+61491570006',
    sms_number: '+61491570156',
    body: 'Refused, and so e-mailed',
    message_id: CONFLICT,
    retryDelayMs: 0,
  });
  await vi.waitFor(async () => expect(await service.get('outbox')).toHaveLength(1), 20_000);
  await service.chaos({ dropPutAnswer: true });
});

/** Each view, with as much in it as it can have. */
const SCENES: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  inbox: async (page) => {
    await goTo(page, 'Inbox');
    await rows(page, 'Hello').waitFor();
    if (!(await page.getByLabel('State').isVisible())) {
      await page.getByRole('button', { name: 'Filters' }).click();
    }
    await rows(page, 'Hello').getByRole('checkbox').click();
    await page.getByText('1 selected').waitFor();
  },
  'replay dialog': async (page) => {
    await page.getByRole('button', { name: 'Replay 1 message' }).click();
    await page.getByRole('dialog').getByRole('listitem').filter({ hasText: 'Hello' }).waitFor();
  },
  keys: async (page) => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  },
  found: async (page) => {
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Clear', exact: true }).click();
    await page.getByRole('searchbox').fill('hello');
    await page.getByLabel('Received').selectOption('24h');
    await page.getByRole('button', { name: 'Remove: The last 24 hours' }).waitFor();
    await page.locator('.row mark').first().waitFor();
    // What is shown while another search is loaded is dim on purpose.
    await page.locator('.list-stale').waitFor({ state: 'detached' });
  },
  'export dialog': async (page) => {
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('dialog', { name: 'Export messages' }).waitFor();
  },
  message: async (page) => {
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Clear search and filters' }).click();
    await rows(page, 'A long message').click();
    const timeline = await panel(page, 'Timeline');
    await timeline.getByText('A subscriber got it').waitFor();
    await timeline.getByText('409').first().waitFor();
    for (const text of ['jobs: handed to SNS', 'team: delivered', 'chat: failing']) {
      await timeline.getByText(text).waitFor();
    }
    await timeline.getByText('calls of the forwarder').first().click();
  },
  'copy menu': async (page) => {
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('button', { name: 'Command', exact: true }).waitFor();
  },
  notification: async (page) => {
    await page.keyboard.press('Escape');
    await panel(page, 'Notification');
  },
  record: async (page) => void (await panel(page, 'Record')),
  conversation: async (page) => {
    await page.getByRole('link', { name: 'Conversation' }).click();
    await page.getByRole('article', { name: 'Conversation' }).getByText('Hello').waitFor();
  },
  send: async (page) => {
    await goTo(page, 'Send');
    await page.getByText('E-mailed after 10 attempts').waitFor();
    await page.getByText('Raw request').click();
    await page.getByText('SMS from').click();
  },
  chaos: async (page) => {
    await goTo(page, 'Chaos');
    await page.getByText('1 fault on').waitFor();
    await page.getByRole('heading', { name: /DynamoDB’s reply is lost/ }).waitFor();
  },
  subscribers: async (page) => {
    await goTo(page, 'Subscribers');
    await page.getByRole('button', { name: 'To one number' }).click();
    await page.getByText(/\d of \d match/).waitFor();
    await page.getByRole('button', { name: 'Show the JSON' }).click();
    await subscriber(page, 'chat').getByText('Last failure: secret missing').waitFor();
    await subscriber(page, 'jobs').getByText('filter').waitFor();
    await page.getByText('From Inbound SMS').first().click();
  },
  stack: async (page) => {
    await page.getByRole('link', { name: /inbound-sms-local/ }).click();
    await page.getByRole('button', { name: 'Clear messages' }).waitFor();
  },
  requests: async (page) => {
    await goTo(page, 'Refused');
    await page
      .getByRole('link', { name: /Id reused/ })
      .first()
      .click();
    await page.getByRole('list', { name: 'Attempts' }).waitFor();
  },
  activity: async (page) => {
    await goTo(page, 'Activity');
    await page.getByRole('img').nth(2).waitFor();
    await page.getByText('Show as table').first().click();
  },
};

test.for([
  ['on a wide screen', 'light', {}],
  ['on a wide screen', 'dark', {}],
  ['on a phone', 'light', PHONE],
  ['on a phone', 'dark', PHONE],
  ['at 200 %', 'light', { viewport: { width: 640, height: 400 } }],
  ['at 400 %', 'light', { viewport: { width: 320, height: 200 } }],
  ['with the system’s own colours', 'light', { forcedColors: 'active' }],
] as const)('every view is accessible %s, in %s colours', async (look, { openPage, service }) => {
  const [, colorScheme, screen] = look;
  const page = await openPage(service.stack.url, { ...screen, colorScheme });
  await live(page);
  for (const [name, show] of Object.entries(SCENES)) {
    await show(page);
    const rules = colorScheme === 'light' ? ALL : OF_COLOURS;
    expect({ [name]: await violations(page, rules) }).toEqual({ [name]: [] });
  }
});

test('every view fits a phone of 360 px, with the navigation at hand', async ({
  openPage,
  service,
}) => {
  const page = await openPage(service.stack.url, { ...PHONE, hasTouch: true, isMobile: true });
  await live(page);
  for (const [name, show] of Object.entries(SCENES)) {
    await show(page);
    expect({ [name]: await overflow(page) }).toEqual({ [name]: [] });
    const links = await page.getByRole('navigation').getByRole('link').all();
    expect(links).toHaveLength(6);
    for (const link of links) {
      const { x, width, height } = (await link.boundingBox()) ?? { x: -1, width: 0, height: 0 };
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(PHONE.viewport.width);
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(NAVIGATION_TARGET);
    }
  }
});

test('at 400 % the names of the views stand apart', async ({ openPage, service }) => {
  const page = await openPage(service.stack.url, { viewport: { width: 320, height: 200 } });
  await live(page);
  const names = await page.locator('.shell-link > span').all();
  const boxes = await Promise.all(names.map((name) => name.boundingBox()));
  const gaps = boxes.slice(1).map((box, index) => {
    const before = boxes[index];
    return box && before ? box.x - (before.x + before.width) : 0;
  });
  expect(gaps).toHaveLength(5);
  expect(Math.min(...gaps)).toBeGreaterThan(6);
});

test('what is not accessible, and what does not fit, is found', async ({ openPage, service }) => {
  const page = await openPage(service.stack.url, PHONE);
  await live(page);
  await page.evaluate(() => {
    const image = document.createElement('img');
    image.src = '/_console/icon.svg';
    const wide = document.createElement('p');
    wide.className = 'too-wide';
    wide.style.width = '2000px';
    const pale = document.createElement('p');
    pale.className = 'too-pale';
    pale.textContent = 'Pale';
    const above = { position: 'fixed', top: '0', left: '0', zIndex: '1000' };
    Object.assign(pale.style, { ...above, color: '#eee', background: '#fff' });
    document.querySelector('main')?.append(image, wide, pale);
  });
  expect(await violations(page, ALL)).toContainEqual(expect.stringMatching(/^image-alt at/));
  expect(await violations(page, OF_COLOURS)).toContainEqual(
    expect.stringMatching(/^color-contrast at .*too-pale/),
  );
  expect(await overflow(page)).toContain('P too-wide');
});

/** What axe has against the page as it is now. */
async function violations(page: Page, rules: readonly string[]): Promise<readonly string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async (runOnly) => {
    const { axe: inPage } = globalThis as unknown as { axe: typeof axe };
    const result = await inPage.run(document, {
      runOnly: [...runOnly],
      resultTypes: ['violations'],
      preload: false,
    });
    return result.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${failureSummary}`),
    );
  }, rules);
}

/** What sticks out of the screen at the right, and is not in something that scrolls or is cut with dots. */
function overflow(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const mayBeWider = (element: Element | null): boolean => {
      if (element === null || element === document.body) return false;
      const { overflowX, textOverflow } = getComputedStyle(element);
      const isCut = overflowX === 'hidden' && textOverflow === 'ellipsis';
      return isCut || ['auto', 'scroll'].includes(overflowX) || mayBeWider(element.parentElement);
    };
    const out = [...document.body.querySelectorAll('*')].filter((element) => {
      const { right, width: own } = element.getBoundingClientRect();
      return own > 0 && right > width + 1 && !mayBeWider(element.parentElement);
    });
    const names = out.map(({ tagName, className }) => `${tagName} ${className}`);
    const { scrollWidth } = document.documentElement;
    return scrollWidth > width ? [`the page is ${scrollWidth} px wide`, ...names] : names;
  });
}

import { expect, test } from './console-test.ts';
import { live } from './views.ts';

const REFUSED = 'http://elsewhere.example/';

test('the guard of every page sees what must not happen in one', async ({
  openPage,
  service,
  guard,
}) => {
  const page = await openPage(service.stack.url);
  await live(page);
  await page.evaluate((elsewhere) => {
    console.error('an error');
    console.warn('a warning');
    setTimeout(() => {
      throw new Error('thrown');
    });
    setTimeout(() => alert('a dialog'));
    fetch(elsewhere).catch(() => {});
  }, REFUSED);
  for (const fault of [/^error: an error/, /^warning: a warning/, /^page error: .*thrown/]) {
    await expect.poll(() => guard.faults).toContainEqual(expect.stringMatching(fault));
  }
  await expect.poll(() => guard.faults).toContainEqual('alert: a dialog');
  const violation = expect.stringContaining(`violates connect-src: ${REFUSED}`);
  await expect.poll(() => guard.faults).toContainEqual(violation);
  guard.allow(/an error|a warning|thrown|a dialog/, /elsewhere\.example/, /connect-src/);
});

import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { alarmNames } from '../../infra/alarm-list.js';
import { anchorsOf } from '../helpers/headings.ts';

const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8');

/** The sections that `doctor`'s hints link to: `docs/operations.md#conflicts`. */
async function destinations(): Promise<string[]> {
  const files = (await readdir(new URL('../../tools/cli/doctor', import.meta.url))).toSorted();
  const sources = await Promise.all(files.map((file) => read(`tools/cli/doctor/${file}`)));
  const text = sources.join('\n').replaceAll(/\$\{GUIDE\}/g, 'docs/subscribe.md');
  const places = text.match(/docs\/[\w-]+\.md(#(\w|-|\$\{section\})+)?/g) ?? [];
  // The subscribers' alarms share a section.
  const sections = [...alarmNames([]), 'dead-letters'];
  return places.flatMap((place) => sections.map((name) => place.replace(/\$\{section\}/, name)));
}

it('links to existing sections', async () => {
  const places = new Set(await destinations());
  expect(places).toContain('docs/operations.md#conflicts');
  expect(places).toContain('docs/operations.md#dead-letters');
  expect(places).toContain('docs/subscribe.md#a-dead-letter-queue');
  for (const place of places) {
    const [file = '', anchor] = place.split('#');
    const anchors = anchorsOf(await read(file));
    if (anchor !== undefined) expect(anchors, place).toContain(anchor);
  }
});

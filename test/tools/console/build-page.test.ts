import { beforeAll, describe, expect, it } from 'vitest';
import { buildPage, type PageFile } from '../../../tools/console/server/build-page.ts';
import { ask, serveSite } from '../../helpers/console-site.ts';

let page: ReadonlyMap<string, PageFile>;
beforeAll(async () => {
  page = await buildPage();
});

const textOf = (path: string) => Buffer.from(page.get(path)?.body ?? '').toString();
const paths = ['/', '/_console/icon.svg', '/_console/page.css', '/_console/page.js'];

describe('the page', () => {
  it('is built from its sources: one file of each kind', () => {
    expect([...page.keys()].toSorted()).toEqual(paths);
    expect([...page.values()].map(({ contentType }) => contentType).toSorted()).toEqual([
      'image/svg+xml',
      'text/css; charset=utf-8',
      'text/html; charset=utf-8',
      'text/javascript; charset=utf-8',
    ]);
  });

  it('asks for nothing but its own files, all of which there are', () => {
    const referred = [...textOf('/').matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
    expect(referred.toSorted()).toEqual(paths.slice(1));
    const remote = /(?:@import|url\(|import\s*\(?|fetch\(|src=|href=)\s*["']?(?:https?:)?\/\//;
    for (const path of paths) expect(textOf(path), path).not.toMatch(remote);
    // data: and blob: are refused by the policy as well.
    expect(textOf('/_console/page.css')).not.toMatch(/url\(/);
  });

  it('has nothing inline, which the policy would refuse', () => {
    const html = textOf('/');
    expect(html).toContain('<div id="console">');
    expect(html).not.toMatch(/<style|<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|javascript:/i);
    expect(textOf('/_console/icon.svg')).not.toMatch(/<style|<script|\sstyle=|\son\w+=/i);
  });

  it('makes no markup and no code out of texts', () => {
    const script = textOf('/_console/page.js');
    expect(script).toContain('createElement');
    expect(script).not.toMatch(/\beval\(|new Function\(|document\.write|insertAdjacentHTML/);
    // Preact's own, for a property that no component has.
    expect(script.match(/innerHTML=/g)?.length ?? 0).toBeLessThanOrEqual(2);
    expect(script.match(/dangerouslySetInnerHTML/g)?.length ?? 0).toBeLessThanOrEqual(2);
  });

  it('is served as it is', async () => {
    const { url } = await serveSite({ page });
    for (const [path, { contentType, body }] of page) {
      const answer = await ask(url + path);
      expect(answer.headers['content-type']).toBe(contentType);
      expect(answer.text).toBe(Buffer.from(body).toString());
    }
  });
});

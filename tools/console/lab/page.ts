import { stop } from 'esbuild';
import { buildPage, type PageFile } from '../server/build-page.ts';

let page: Promise<ReadonlyMap<string, PageFile>> | undefined;

/** The console's page, built once in this process. esbuild's own process does not outlive it. */
export function pageOnce(): Promise<ReadonlyMap<string, PageFile>> {
  page ??= buildPage().finally(stop);
  return page;
}

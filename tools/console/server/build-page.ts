import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** A file of the page, as it is served. */
export interface PageFile {
  readonly contentType: string;
  readonly body: Uint8Array;
}

const PAGE = new URL('../page/', import.meta.url);

/** Where the page's own files are served; the page itself is at `/`. */
export const FILES_PATH = '/_console/';

/**
 * Builds the page in memory, from its sources: a fraction of a second, and never older than they are.
 *
 * @returns By path. The page is at `/`.
 */
export async function buildPage(): Promise<ReadonlyMap<string, PageFile>> {
  const { outputFiles } = await build({
    entryPoints: { page: fileURLToPath(new URL('main.tsx', PAGE)) },
    outdir: '/',
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
  });
  const files = new Map<string, PageFile>([
    ['/', await file('index.html', 'text/html; charset=utf-8')],
    [`${FILES_PATH}icon.svg`, await file('icon.svg', 'image/svg+xml')],
  ]);
  for (const { path, contents } of outputFiles) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const contentType = name.endsWith('.css') ? 'text/css' : 'text/javascript';
    files.set(FILES_PATH + name, { contentType: `${contentType}; charset=utf-8`, body: contents });
  }
  return files;
}

async function file(name: string, contentType: string): Promise<PageFile> {
  return { contentType, body: await readFile(new URL(name, PAGE)) };
}

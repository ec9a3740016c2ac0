import { readFileSync } from 'node:fs';

const PACKAGE = new URL('../package.json', import.meta.url);

/**
 * Where people read a document of this project: on the web if package.json names its `repository`, otherwise
 * in their copy of the project.
 *
 * @param {string} path `docs/operations.md#conflicts`
 * @param {unknown} [repository] As npm has it: https://docs.npmjs.com/cli/configuring-npm/package-json#repository
 */
export function docsUrl(path, repository = JSON.parse(readFileSync(PACKAGE, 'utf8')).repository) {
  const url = typeof repository === 'string' ? repository : repository?.url;
  const [, page] = /^(?:git\+)?(https:\/\/.+?)(?:\.git)?\/?$/.exec(url ?? '') ?? [];
  return page ? `${page}/blob/HEAD/${path}` : `${path} in the project's folder`;
}

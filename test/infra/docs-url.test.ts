import { expect, it } from 'vitest';
import { docsUrl } from '../../infra/docs-url.js';

const PATH = 'docs/operations.md#conflicts';
const PAGE = 'https://git.example/owner/name';

// https://docs.npmjs.com/cli/configuring-npm/package-json#repository
it.each([
  [PAGE],
  [`${PAGE}.git`],
  [{ type: 'git', url: `git+${PAGE}.git` }],
  [{ type: 'git', url: `${PAGE}/` }],
])('is a whole URL if package.json has the repository %j', (repository) => {
  expect(docsUrl(PATH, repository)).toBe(`${PAGE}/blob/HEAD/${PATH}`);
});

it.each([[null], ['owner/name'], [{ url: 'git@git.example:owner/name.git' }], [{}]])(
  'invents no URL for %j',
  (repository) => {
    expect(docsUrl(PATH, repository)).toBe(`${PATH} in the project's folder`);
  },
);

import { defineConfig } from 'vitest/config';

/** What needs neither a package of the service nor a browser: seconds to a first answer. */
const UNIT = [
  'test/architecture.test.ts',
  'test/lib/**/*.test.ts',
  'test/tools/{archive,pbx-simulator,shared}/**/*.test.ts',
  'test/tools/console/page/**/*.test.ts',
];
const BROWSER = ['test/browser/**/*.test.ts'];

const packaged = { globalSetup: ['test/helpers/package-once.ts'] };

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxConcurrency: 2,
    // The default leaves one of two cores unused.
    maxWorkers: '100%',
    coverage: { include: ['functions', 'lib'], reporter: ['text', 'html'] },
    projects: [
      // One module graph for all files of a worker: half the time of a graph for each.
      { extends: true, test: { name: 'unit', include: UNIT, isolate: false } },
      {
        extends: true,
        test: {
          name: 'stack',
          include: ['test/**/*.test.ts'],
          exclude: [...UNIT, ...BROWSER],
          ...packaged,
        },
      },
      { extends: true, test: { name: 'browser', include: BROWSER, ...packaged } },
    ],
  },
});

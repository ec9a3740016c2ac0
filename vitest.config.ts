import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/helpers/package-once.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxConcurrency: 2,
    // The default leaves one of two cores unused.
    maxWorkers: '100%',
  },
});

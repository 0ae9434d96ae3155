import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    // Most of what takes long waits for Slack's pace rather than for the processor.
    maxWorkers: 4,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['shared/**', 'functions/**', 'local/**'],
      reportsDirectory: 'coverage',
    },
  },
});

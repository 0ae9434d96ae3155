import { defineConfig } from 'vitest/config';

/** For `npm run mutate`: the tests of the pure core, and of the two functions that are little else. */
export default defineConfig({
  test: {
    include: [
      'test/unit/{delivery,gate,interaction,message,probe,rollout,routing,store,validation}/**/*.test.ts',
      'test/unit/functions/{decide,decide-by-rule,ready-gates}.test.ts',
      'test/unit/redact.test.ts',
    ],
    setupFiles: ['test/setup.ts', 'test/mutation/setup.ts'],
    testTimeout: 20_000,
    isolate: false,
  },
});

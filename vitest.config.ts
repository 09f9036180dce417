import { defineConfig } from 'vitest/config';

// Tests sit beside the code. The suffix says what a test needs:
//   .test.ts       nothing but Node
//   .live.test.ts  real servers, whose addresses the test runner puts into SLUICE_TEST_* variables
export default defineConfig({
  test: {
    include: ['{packages,tools,proofs,bench,conformance}/**/*.test.ts'],
    environment: 'node',
    // Whoever waits for an event waits on a busy machine too; that it never comes costs a red test this much more.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 15_000 } },
    // Live tests share two cores with the database servers they talk to.
    maxWorkers: 2,
  },
});

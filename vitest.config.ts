import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    // The Wine prefix in a build tree links to the whole disk.
    exclude: [...configDefaults.exclude, '**/dist/**', 'native/build-*/**', '.state/**', '.cache/**'],
    globalSetup: ['build/addon-for-tests.ts'],
    // Ends what hangs; generous, because property tests share a small machine with everything else.
    testTimeout: 120_000,
    // What is waited for may take its time on a slow machine too; the poll ends as soon as it is there.
    expect: { poll: { timeout: 30_000 } },
  },
});

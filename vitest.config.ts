import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: [...configDefaults.exclude, '**/dist/**', '.state/**', '.cache/**'],
    // Ends what hangs; generous, because property tests share a small machine with everything else.
    testTimeout: 120_000,
  },
});

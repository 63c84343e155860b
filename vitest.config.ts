import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: [...configDefaults.exclude, '**/dist/**', '.state/**', '.cache/**'],
    testTimeout: 20_000,
  },
});

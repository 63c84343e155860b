// Only what Biome cannot see: rules that need types, and the one direction imports may go.
import tseslint from 'typescript-eslint';
import { layers } from './build/lint-layers.js';

export default tseslint.config(
  { ignores: ['node_modules', '**/dist/**', 'native/build-*/**', '.state/**', '.cache/**'] },
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin, systemlog: { rules: { layers } } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/await-thenable': 'error',
      'systemlog/layers': 'error',
    },
  },
);

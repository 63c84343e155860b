// Imports go one way: each top-level folder names the folders it may import besides itself.
// The table is the one of docs/architecture.md; a new folder must be entered in both.
import path from 'node:path';

const MAY_IMPORT = {
  contract: [],
  locales: [],
  native: ['contract'],
  app: ['contract', 'native'],
  main: ['app', 'contract', 'locales'],
  renderer: ['contract', 'locales'],
  server: ['contract', 'locales'],
  console: ['contract', 'locales'],
  sandbox: ['contract', 'locales', 'native'],
  build: ['contract', 'app', 'server', 'sandbox', 'locales', 'native'],
  test: ['contract', 'app', 'main', 'renderer', 'server', 'console', 'sandbox', 'locales', 'native', 'build'],
};

/** ESLint rule: reports a relative import that leaves its folder in a direction the table does not allow. */
export const layers = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { wrongWay: '{{from}}/ may not import {{to}}/ (docs/architecture.md, "Folders")' },
  },
  create(context) {
    const root = context.cwd;
    const folderOf = (file) => path.relative(root, file).split(path.sep)[0] ?? '';
    const from = folderOf(context.filename);
    const check = (node) => {
      const target = node.source?.value;
      if (typeof target !== 'string' || !target.startsWith('.')) return;
      const to = folderOf(path.resolve(path.dirname(context.filename), target));
      if (to === from || !(from in MAY_IMPORT) || !to || !(to in MAY_IMPORT)) return;
      if (!MAY_IMPORT[from].includes(to)) context.report({ node, messageId: 'wrongWay', data: { from, to } });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

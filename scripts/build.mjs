// Bundles src/ into dist/: what starts often is bundled so that it starts fast; native modules stay outside.
import { chmod, cp, rm } from 'node:fs/promises';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: { main: 'src/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: ['better-sqlite3'],
  alias: {
    // Its form for Node is CommonJS, of which a dynamic import in a bundle sees no named export.
    yaml: './node_modules/yaml/browser/dist/index.js',
    '@modelcontextprotocol/server/_shims': './scripts/sdk-shims.mjs',
  },
  chunkNames: 'chunks/[name]-[hash]',
  sourcemap: true,
  sourcesContent: false,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
});
// The texts are read when they are needed, from beside the code.
await cp('src/prompts', 'dist/prompts', { recursive: true, filter: source => !source.endsWith('.ts') });
await cp('src/sandbox/worlds', 'dist/worlds', { recursive: true });
await chmod('dist/main.js', 0o755);

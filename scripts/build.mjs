// Bundles src/ into dist/: what starts often is bundled so that it starts fast; native modules stay outside.
import { chmod, cp, rm } from 'node:fs/promises';
import { build } from 'esbuild';

/** Where to: `node scripts/build.mjs FOLDER`; dist without one. */
const outdir = process.argv[2] ?? 'dist';

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: { main: 'src/main.ts' },
  outdir,
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
await cp('src/prompts', `${outdir}/prompts`, { recursive: true, filter: source => !source.endsWith('.ts') });
await cp('src/sandbox/worlds', `${outdir}/worlds`, { recursive: true });
await chmod(`${outdir}/main.js`, 0o755);

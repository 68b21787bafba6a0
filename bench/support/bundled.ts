import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { Bench } from './measurement.ts';

/** A program of bench/processes as the product is built: what Node needs to read TypeScript would count as memory otherwise. */
export function bundled(bench: Bench, name: string): string {
  const outdir = join(bench.dir, name);
  buildSync({
    entryPoints: [path(`../processes/${name}.ts`)],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minifySyntax: true,
    minifyWhitespace: true,
    // Loaded only where a store is PostgreSQL, as no program here has it.
    external: ['@dbos-inc/dbos-sdk'],
    alias: { yaml: path('../../node_modules/yaml/browser/dist/index.js') },
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  });
  return join(outdir, `${name}.mjs`);
}

function path(beside: string): string {
  return fileURLToPath(new URL(beside, import.meta.url));
}

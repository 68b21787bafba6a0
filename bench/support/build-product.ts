import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** Builds a copy of the product, laid out as an installed package is, and answers its main file. */
export function buildProduct(folder: string): string {
  mkdirSync(folder, { recursive: true });
  execFileSync(process.execPath, ['scripts/build.mjs', join(folder, 'dist')], {
    cwd: checkout,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  copyFileSync(join(checkout, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'dist', 'main.js');
}

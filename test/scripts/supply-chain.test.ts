import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';

// What an installation of Vigie runs and takes: no script of a package, and exactly the versions that were tried.

const manifest = z
  .object({
    scripts: z.record(z.string(), z.string()),
    dependencies: z.record(z.string(), z.string()),
    optionalDependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
    allowScripts: z.record(z.string(), z.boolean()),
  })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

const lock = z
  .object({
    packages: z.record(
      z.string(),
      z.looseObject({
        version: z.string().optional(),
        resolved: z.string().optional(),
        integrity: z.string().optional(),
        dev: z.boolean().optional(),
        hasInstallScript: z.boolean().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));

const published = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true);

test('every dependency is named by one exact version', () => {
  const named = {
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.devDependencies,
  };
  expect(Object.keys(named).length).toBeGreaterThan(20);
  const loose = Object.entries(named).filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version));
  expect(loose).toEqual([]);
});

test('every package that is published along is locked with its hash', () => {
  expect(published.length).toBeGreaterThan(10);
  const unlocked = published.filter(
    ([, { version, integrity }]) => version === undefined || integrity?.startsWith('sha512-') !== true,
  );
  expect(unlocked.map(([path]) => path)).toEqual([]);
});

test('no package that is published along has a script that runs when it is installed', () => {
  const running = published.filter(([path]) => {
    const file = join(path, 'package.json');
    // Of another platform: not here, and no script of it is noted either.
    if (!existsSync(file)) return lock.packages[path]?.hasInstallScript === true;
    const { scripts = {}, gypfile } = z
      .looseObject({ scripts: z.record(z.string(), z.string()).optional(), gypfile: z.boolean().optional() })
      .parse(JSON.parse(readFileSync(file, 'utf8')));
    // With a gyp file npm builds by itself, unless the package says that it has none.
    const builds = existsSync(join(path, 'binding.gyp')) && gypfile !== false;
    return builds || ['preinstall', 'install', 'postinstall'].some(name => name in scripts);
  });
  expect(running.map(([path]) => path)).toEqual([]);
  // What npm notes as one all the same (it saw the gyp file) may not run, not even here.
  const noted = published.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  for (const [path] of noted)
    expect(manifest.allowScripts[path.replace('node_modules/', '')], path).toBe(false);
  expect(['preinstall', 'install', 'postinstall'].filter(name => name in manifest.scripts)).toEqual([]);
});

test('the store opens with what its package brings along, with nothing built', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-sqlite-'));
  try {
    const from = 'node_modules/better-sqlite3';
    const to = join(folder, from);
    mkdirSync(to, { recursive: true });
    for (const part of ['package.json', 'lib', 'prebuilds'])
      cpSync(join(from, part), join(to, part), { recursive: true });
    const script =
      "const D = require('better-sqlite3'); console.log(new D(':memory:').prepare('SELECT 6 * 7').pluck().get())";
    expect(execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' }).trim()).toBe(
      '42',
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

#!/usr/bin/env node
import module from 'node:module';
import { codeCacheFolder } from './code-cache.ts';

// Node opens its inspector to the whole machine on this signal; a handler, even an empty one, keeps it shut.
process.on('SIGUSR1', () => {});

const oldestNode = 24;

if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  process.stderr.write(
    `vigie needs Node.js ${oldestNode} or newer, and this is ${process.versions.node}. In a clone, \`npm install\` brings it: run npx vigie.\n`,
  );
  process.exitCode = 1;
} else if (process.features.inspector && process.getBuiltinModule('node:inspector').url() !== undefined) {
  // Whoever reaches the inspector's port runs code in here, past policy and approval: another user of this machine too.
  process.stderr.write(
    'vigie does not start under a debugger. Start it without --inspect, and without one in NODE_OPTIONS.\n',
  );
  process.exitCode = 1;
} else {
  const cache = codeCacheFolder(process.env);
  if (cache !== undefined) module.enableCompileCache?.(cache);
  const { start } = await import('./start.ts');
  process.exitCode = await start(import.meta.url);
}

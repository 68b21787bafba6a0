#!/usr/bin/env node
import module from 'node:module';

// Node opens its inspector to the whole machine on this signal; a handler, even an empty one, keeps it shut.
process.on('SIGUSR1', () => {});

const oldestNode = 24;

if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  process.stderr.write(
    `vigie needs Node.js ${oldestNode} or newer, and this is ${process.versions.node}. In a clone, \`npm install\` brings it: run npx vigie.\n`,
  );
  process.exitCode = 1;
} else {
  module.enableCompileCache?.();
  const { start } = await import('./start.ts');
  process.exitCode = await start(import.meta.url);
}

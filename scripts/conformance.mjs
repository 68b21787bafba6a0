// Runs the official scenarios of both protocol revisions against test/conformance/server.ts, which serves fixtures
// through the product's own HTTP transport. A scenario counts only when it made at least one check and none failed:
// the tool prints a tick also for a scenario that found nothing to look at.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { isProven, readSummary } from './conformance-summary.ts';

/** How many scenarios are scored; fewer means that some were not run. */
const revisions = { '2025-11-25': 30, '2026-07-28': 37 };
/** A revision takes about five seconds; a server that hangs must not hang the lane. */
const limitMs = 180_000;

const tool = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/dist/index.js');

async function startServer() {
  const server = spawn(process.execPath, ['test/conformance/server.ts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [url] = await Promise.race([
    once(createInterface(server.stdout), 'line'),
    once(server, 'exit').then(() =>
      Promise.reject(new Error('the conformance server ended before it was ready')),
    ),
  ]);
  return { server, url: url.replace('127.0.0.1', 'localhost') };
}

async function runScenarios(url, revision) {
  const run = spawn(process.execPath, [tool, 'server', '--url', url, '--requirements', revision], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
  });
  let text = '';
  run.stdout.setEncoding('utf8').on('data', part => {
    text += part;
  });
  const [code] = await once(run, 'close');
  return { code, text };
}

let passed = 0;
const failures = [];
const { server, url } = await startServer();
try {
  for (const [revision, expected] of Object.entries(revisions)) {
    const { code, text } = await runScenarios(url, revision);
    const scored = readSummary(text);
    const bad = scored.filter(one => !isProven(one));
    passed += scored.length - bad.length;
    failures.push(
      ...bad.map(one => `${revision} ${one.name}: ${one.passed} checks passed, ${one.failed} failed`),
    );
    if (scored.length !== expected)
      failures.push(`${revision}: ${scored.length} of ${expected} scenarios were scored`);
    if (code !== 0) failures.push(`${revision}: the tool ended with status ${code}`);
    if (failures.length > 0) console.log(text);
  }
} finally {
  server.stdin.end();
}
for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(`conformance: ${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;

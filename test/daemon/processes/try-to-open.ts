// What this account may open: argv = files, folders and sockets. Says for each what came of it.
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

const tried: Record<string, string> = {};
for (const path of process.argv.slice(2)) {
  try {
    const facts = lstatSync(path);
    if (facts.isSocket()) tried[path] = await connected(path);
    else tried[path] = facts.isDirectory() ? `${readdirSync(path).length} names` : readFileSync(path, 'utf8');
  } catch (error) {
    tried[path] = codeOf(error);
  }
}
process.stdout.write(JSON.stringify(tried));

function connected(path: string): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('connected');
    });
    socket.once('error', error => resolve(codeOf(error)));
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

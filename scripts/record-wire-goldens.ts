// Records how a real API server answers test/fixtures/sandbox/wire.json: test/golden/sandbox/wire.json.
//
//   node scripts/record-wire-goldens.ts SERVER TOKEN     (here: kube-apiserver 1.36.2 without the ServiceAccount admission)
//
// The server must be one to throw away: the namespace wire is made on it, and no controllers may run. What differs from
// run to run (uids, versions, times) is replaced by a word; test/sandbox/wire.test.ts does the same to the sandbox's
// answers. Certificates are not checked.
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import type { Json, JsonObject } from '../src/core/json.ts';
import { withoutRunData } from '../test/support/wire-answers.ts';

interface Step {
  name: string;
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: Json;
}

const [server, token] = process.argv.slice(2);
if (server === undefined || token === undefined)
  throw new Error('usage: node scripts/record-wire-goldens.ts SERVER TOKEN');

// The JSON border: the file is ours.
const { steps } = JSON.parse(readFileSync('test/fixtures/sandbox/wire.json', 'utf8')) as { steps: Step[] };
const recorded: Record<string, JsonObject> = {};
for (const step of steps) recorded[step.name] = await send(new URL(step.path, server), step);
writeFileSync('test/golden/sandbox/wire.json', `${JSON.stringify(recorded, null, 1)}\n`);
console.log(`${steps.length} answers recorded`);

function send(url: URL, { method, headers, body }: Step): Promise<JsonObject> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const call = request(
      url,
      {
        method,
        rejectUnauthorized: false,
        headers: {
          authorization: `Bearer ${token}`,
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...headers,
        },
      },
      response => {
        let answer = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          answer += chunk;
        });
        response.on('end', () =>
          resolve(
            withoutRunData({
              status: response.statusCode ?? 0,
              type: response.headers['content-type'],
              warning: response.headers['warning']?.toString(),
              text: answer,
            }),
          ),
        );
      },
    );
    call.on('error', reject);
    call.end(text);
  });
}

// Records how a real API server merges, defaults and tracks ownership: test/golden/kubernetes/*.json.
//
//   node scripts/record-goldens.mjs SERVER TOKEN     (here: kube-apiserver 1.36.2, admission without ServiceAccount)
//
// Each file of test/fixtures/kubernetes/scenarios holds one sequence of writes on one object. The answers are kept
// as they are, without what differs from run to run (uid, versions, times). The server must be one to throw away:
// the objects are made in a namespace of their own, which stays. Certificates are not checked.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { basename, join } from 'node:path';

const [server, token] = process.argv.slice(2);
if (token === undefined) throw new Error('usage: node scripts/record-goldens.mjs SERVER TOKEN');

const scenarios = 'test/fixtures/kubernetes/scenarios';
const goldens = 'test/golden/kubernetes';
const namespace = `goldens-${Date.now()}`;
const contentTypes = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
};

await send({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } });
for (const file of readdirSync(scenarios).sort()) {
  const { path, steps } = JSON.parse(readFileSync(join(scenarios, file), 'utf8'));
  const collection = path.replace('{namespace}', namespace);
  const recorded = [];
  for (const step of steps) {
    const answer = await send(requestOf(step, collection));
    recorded.push({ ...step, status: answer.status, result: withoutRunData(answer.body) });
  }
  const text = JSON.stringify({ path, steps: recorded }, null, 1).replaceAll(namespace, 'goldens');
  writeFileSync(join(goldens, basename(file)), `${text}\n`);
  console.log(`${file}: ${recorded.map(({ status }) => status).join(' ')}`);
}

function requestOf(step, collection) {
  const { verb, manager, force, subresource, body, name } = step;
  const query = new URLSearchParams({ fieldManager: manager });
  if (verb === 'create') return { method: 'POST', path: `${collection}?${query}`, body };
  if (force === true) query.set('force', 'true');
  const path = `${collection}/${name}${subresource === undefined ? '' : `/${subresource}`}?${query}`;
  if (verb === 'update') return { method: 'PUT', path, body };
  return { method: 'PATCH', path, body, contentType: contentTypes[verb] };
}

function withoutRunData(answer) {
  if (answer.kind === 'Status') return answer;
  const { uid, resourceVersion, creationTimestamp, generation, managedFields, ...metadata } = answer.metadata;
  const owners = managedFields?.map(({ time, ...owner }) => ({ ...owner, timed: time !== undefined }));
  return { ...answer, metadata: { ...metadata, ...(owners === undefined ? {} : { managedFields: owners }) } };
}

function send({ method, path, body, contentType = 'application/json' }) {
  return new Promise((resolve, reject) => {
    const call = request(
      new URL(path, server),
      { method, rejectUnauthorized: false, headers: { authorization: `Bearer ${token}`, 'content-type': contentType } },
      response => {
        const chunks = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
        });
      },
    );
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}

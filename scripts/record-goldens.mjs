// Records how a real API server merges, defaults and tracks ownership (test/golden/kubernetes/*.json) and what it
// refuses (test/golden/kubernetes-invalid.json).
//
//   node scripts/record-goldens.mjs SERVER TOKEN     (here: kube-apiserver 1.36.2, admission without ServiceAccount)
//
// Each file of test/fixtures/kubernetes/scenarios holds one sequence of writes on one object, each entry of
// test/fixtures/kubernetes/invalid.json an object to create or to change by a merge patch. The answers are kept
// as they are, without what differs from run to run (uid, versions, times). The server must be one to throw away:
// the objects are made in a namespace of their own, which stays. Certificates are not checked. The scenarios run by
// name; that of the LimitRange comes last, because it changes every pod after it.
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

const cases = JSON.parse(readFileSync('test/fixtures/kubernetes/invalid.json', 'utf8'));
const plurals = await readPlurals(new Set(cases.map(({ object }) => object.apiVersion)));
const refusals = [];
for (const { object, change } of cases) {
  const { plural, namespaced } = plurals.get(`${object.apiVersion} ${object.kind}`);
  const root = object.apiVersion === 'v1' ? '/api/v1' : `/apis/${object.apiVersion}`;
  const collection = `${root}${namespaced ? `/namespaces/${namespace}` : ''}/${plural}`;
  let answer;
  if (change === undefined)
    answer = await send({ method: 'POST', path: `${collection}?dryRun=All`, body: object });
  else {
    const path = `${collection}/${object.metadata.name}`;
    await send({ method: 'POST', path: collection, body: object });
    answer = await send({
      method: 'PATCH',
      path: `${path}?dryRun=All`,
      body: change,
      contentType: contentTypes.merge,
    });
    await send({ method: 'DELETE', path, body: { gracePeriodSeconds: 0, propagationPolicy: 'Background' } });
    await until(async () => (await send({ method: 'GET', path })).status === 404);
  }
  refusals.push({ object, change, status: answer.status, causes: answer.body.details?.causes ?? [] });
}
const lines = refusals.map(refusal => JSON.stringify(refusal)).join(',\n');
writeFileSync('test/golden/kubernetes-invalid.json', `[\n${lines}\n]\n`);
console.log(`${refusals.length} objects to refuse`);

async function readPlurals(apiVersions) {
  const found = new Map();
  for (const apiVersion of apiVersions) {
    const { body } = await send({
      method: 'GET',
      path: apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`,
    });
    for (const { name, kind, namespaced } of body.resources) {
      if (!name.includes('/')) found.set(`${apiVersion} ${kind}`, { plural: name, namespaced });
    }
  }
  return found;
}

// Jobs and pods take a moment to go.
async function until(isDone) {
  const tries = 50;
  for (let count = 0; count < tries; count += 1) {
    if (await isDone()) return;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
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
  const { managedFields, ...metadata } = answer.metadata;
  for (const name of ['uid', 'resourceVersion', 'creationTimestamp', 'generation']) delete metadata[name];
  const owners = managedFields?.map(({ time, ...owner }) => ({ ...owner, timed: time !== undefined }));
  return { ...answer, metadata: { ...metadata, ...(owners === undefined ? {} : { managedFields: owners }) } };
}

function send({ method, path, body, contentType = 'application/json' }) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': contentType,
    // Node frames no body of a DELETE by itself.
    'content-length': Buffer.byteLength(text),
  };
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, server), { method, rejectUnauthorized: false, headers }, response => {
      const chunks = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) });
      });
    });
    call.on('error', reject);
    call.end(text);
  });
}

// Records the tables that a real API server sends (test/golden/kubernetes-tables.json): per kind its columns, and the
// objects of the fixture with the cells the server made of them.
//
//   node scripts/record-tables.mjs SERVER TOKEN     (here: kube-apiserver 1.36.2, admission without ServiceAccount)
//
// The objects come from test/fixtures/kubernetes/tables.json and are made in the namespace tables. The server must be
// one to throw away, without controllers that would change them. Certificates are not checked.
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';

const [server, token] = process.argv.slice(2);
if (token === undefined) throw new Error('usage: node scripts/record-tables.mjs SERVER TOKEN');
const tableFormat = 'application/json;as=Table;g=meta.k8s.io;v=v1';

const fixture = JSON.parse(readFileSync('test/fixtures/kubernetes/tables.json', 'utf8'));
await send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'tables' } } });
const tables = [];
for (const { path, objects } of fixture) {
  for (const { status, ...object } of objects) {
    const made = await send('POST', path, { body: object });
    if (made.code !== undefined) throw new Error(`${path} ${object.metadata.name}: ${made.message}`);
    if (status === undefined) continue;
    const patched = await send('PATCH', `${path}/${object.metadata.name}/status`, { body: { status } });
    if (patched.code !== undefined) throw new Error(`${path} ${object.metadata.name}: ${patched.message}`);
  }
  const list = await send('GET', path, {});
  const table = await send('GET', path, { accept: tableFormat });
  if (table.columnDefinitions === undefined) throw new Error(`${path}: ${table.message}`);
  const { apiVersion, kind } = list;
  const names = new Set(objects.map(object => object.metadata.name));
  tables.push({
    apiVersion,
    kind: kind.replace(/List$/, ''),
    columns: table.columnDefinitions.map(({ name, type, format, priority }) => ({
      name,
      type,
      format,
      priority,
    })),
    rows: list.items.flatMap((item, index) =>
      names.has(item.metadata.name)
        ? [
            {
              object: stable({ ...item, apiVersion, kind: kind.replace(/List$/, '') }),
              cells: table.rows[index].cells,
            },
          ]
        : [],
    ),
  });
}
writeFileSync('test/golden/kubernetes-tables.json', `${JSON.stringify(tables, null, 1)}\n`);

/** Without what differs from run to run and shows in no cell. */
function stable(object) {
  const { uid: _uid, resourceVersion: _version, managedFields: _fields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function send(method, path, { body, accept = 'application/json' }) {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return new Promise((resolve, reject) => {
    const call = request(`${server}${path}`, {
      method,
      rejectUnauthorized: false,
      headers: { authorization: `Bearer ${token}`, accept, 'content-type': type },
    });
    call.on('error', reject);
    call.on('response', response => {
      let text = '';
      response.on('data', chunk => (text += chunk));
      response.on('end', () => resolve(JSON.parse(text)));
    });
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

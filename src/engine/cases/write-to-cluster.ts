import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, textOf } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import { apiVersionOf, type Resource } from '../../sandbox/resource.ts';
import type { Sandbox } from '../../sandbox/server.ts';
import { milliseconds } from '../interpreter/retry.ts';
import type { CaseWrite } from './case-schema.ts';

/** One ordinary write to the API of a cluster. A PATCH is a strategic one where the kind has such. */
interface ClusterWrite {
  method: 'POST' | 'PATCH' | 'DELETE';
  path: string;
  body?: JsonObject;
  custom?: boolean;
}

/** The writes of a fault by its name. @throws VigieError INVALID_INPUT */
export type FaultNamed = (name: string) => readonly ClusterWrite[];

const writeMs = 10_000;

/** Does to a simulated cluster what a case says, past Vigie. @throws VigieError SANDBOX, INVALID_INPUT */
export async function writeToCluster(
  sandbox: Sandbox,
  { write, faultNamed }: { write: CaseWrite; faultNamed: FaultNamed },
): Promise<void> {
  if (write.pass !== undefined) return sandbox.advance(milliseconds(write.pass));
  for (const each of writesOf(sandbox, { write, faultNamed })) await send(sandbox, each);
}

function writesOf(
  sandbox: Sandbox,
  { write, faultNamed }: { write: CaseWrite; faultNamed: FaultNamed },
): readonly ClusterWrite[] {
  const { fault, create, patch, delete: gone, status, with: body = {} } = write;
  if (fault !== undefined) return faultNamed(fault);
  if (create !== undefined) {
    const ref = refOf(create);
    return [{ method: 'POST', path: pathOf(sandbox, ref).collection, body: create }];
  }
  if (patch !== undefined) {
    const { object, resource } = pathOf(sandbox, patch);
    const path = status === true ? `${object}/status` : object;
    return [{ method: 'PATCH', path, body, custom: resource.custom }];
  }
  return gone === undefined ? [] : [{ method: 'DELETE', path: pathOf(sandbox, gone).object }];
}

function refOf(object: JsonObject): Ref {
  const { metadata } = object;
  const [kind, name, namespace, apiVersion] = [
    textOf(object, 'kind'),
    textOf(metadata, 'name'),
    textOf(metadata, 'namespace'),
    textOf(object, 'apiVersion'),
  ];
  return {
    kind,
    name,
    ...(namespace === '' ? {} : { namespace }),
    ...(apiVersion === '' ? {} : { apiVersion }),
  };
}

function pathOf(
  { cluster }: Sandbox,
  { kind, name, namespace, apiVersion }: Ref,
): { collection: string; object: string; resource: Resource } {
  const resource = cluster.resources.ofKind(kind, apiVersion);
  if (resource === undefined) throw new VigieError('SANDBOX', `The world serves no kind ${kind}.`);
  const version = apiVersionOf(resource);
  const api = resource.group === '' ? `/api/${version}` : `/apis/${version}`;
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const collection = `${api}${within}/${resource.plural}`;
  return { collection, object: `${collection}/${encodeURIComponent(name)}`, resource };
}

async function send(
  { url, token }: Sandbox,
  { method, path, body, custom = false }: ClusterWrite,
): Promise<void> {
  const patch = custom ? 'application/merge-patch+json' : 'application/strategic-merge-patch+json';
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': method === 'PATCH' ? patch : 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(writeMs),
  });
  const said: unknown = await response.json();
  if (response.ok) return;
  const why = isObject(said) ? textOf(said, 'message') : '';
  throw new VigieError('SANDBOX', `${method} ${path} was not taken: ${why.slice(0, 300)}`);
}

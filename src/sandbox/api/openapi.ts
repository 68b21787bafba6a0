import { createHash } from 'node:crypto';
import type { JsonObject } from '../../core/json.ts';
import { openApiV3Doc, openApiV3Index } from '../../kubernetes/openapi.ts';
import { documentOfRelease, plainDocument } from '../../kubernetes/openapi-parts.ts';
import { objectOf } from '../../kubernetes/validation/problem.ts';
import { minorOf } from '../releases.ts';
import { apiVersionOf, type Resource } from '../resource.ts';
import { type Exchange, sendJson, sendText } from './exchange.ts';

const prefix = '/openapi/v3/';
/** The older document, in the one form that kubectl reads; it asks for it with a sign that no answer may hold (RFC 7231). */
const version2Asked = /application\/com\.github\.proto-openapi\.spec\.v2[.@]v1\.0\+protobuf/;
const version2Type = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** Of its fields only the first, `swagger: "2.0"`: kubectl holds no object against a kind that is not in it, and the writes do. */
const version2Document = '\n\u00032.0';

/** GET /openapi/v3 and the documents below it; of /openapi/v2 what kubectl needs for a List. False when there is no such document. */
export async function answerOpenApi(exchange: Exchange, path: string): Promise<boolean> {
  const resources = exchange.cluster.resources.all();
  if (path === '/openapi/v3') {
    await sendJson(exchange, completeIndex(resources));
    return true;
  }
  if (path === '/openapi/v2' && version2Asked.test(exchange.request.headers.accept ?? '')) {
    await sendText(exchange, { type: version2Type, text: version2Document });
    return true;
  }
  if (!path.startsWith(prefix)) return false;
  const groupVersion = path.slice(prefix.length).replace(/^(api|apis)\//, '');
  const own = resources.filter(each => apiVersionOf(each) === groupVersion);
  if (own.length === 0) return false;
  const whole = openApiV3Doc(groupVersion);
  const names = own.flatMap(({ plural, subresources }) => [
    plural,
    ...subresources.map(({ name }) => `${plural}/${name}`),
  ]);
  const minor = minorOf(exchange.cluster.world);
  const document =
    whole === undefined ? plainDocument(own) : documentOfRelease(whole, { minor, served: new Set(names) });
  await sendText(exchange, { text: JSON.stringify(document) });
  return true;
}

/** The index of the known documents, and of those made here for resources that have none: the custom ones. */
function completeIndex(resources: readonly Resource[]): JsonObject {
  const known = objectOf(openApiV3Index(), 'paths');
  const paths: JsonObject = {};
  for (const [groupVersion, own] of Map.groupBy(resources, apiVersionOf)) {
    const key = `${groupVersion.includes('/') ? 'apis' : 'api'}/${groupVersion}`;
    const hash = createHash('sha256').update(JSON.stringify(own)).digest('hex').slice(0, 32);
    paths[key] = known[key] ?? { serverRelativeURL: `${prefix}${key}?hash=${hash}` };
  }
  return { paths };
}

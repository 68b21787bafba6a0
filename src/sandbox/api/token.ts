import { isObject, type JsonObject, textOf, textsIn } from '../../core/json.ts';
import { invalid as wrongValue } from '../../kubernetes/validation/problem.ts';
import { fetchObject } from '../cluster.ts';
import { badRequest, invalid, notSimulated } from '../status.ts';
import { issueToken, tokenIssuer } from '../tokens.ts';
import { readData } from './body.ts';
import { type Exchange, sendJson } from './exchange.ts';
import type { ObjectTarget } from './object-target.ts';
import { isDryRun } from './options.ts';

// As of a real server: an hour unless asked for otherwise, and never under ten minutes.
const usualSeconds = 3_600;
const fewestSeconds = 600;

/** POST of serviceaccounts/x/token: a token that the sandbox takes for the account. */
export async function answerToken(exchange: Exchange, target: ObjectTarget): Promise<void> {
  const { cluster } = exchange;
  const body = await readData(exchange);
  if (!isObject(body)) throw badRequest('the request has no TokenRequest in its body');
  const account = fetchObject(cluster, target);
  const spec: JsonObject = isObject(body['spec']) ? body['spec'] : {};
  const seconds = spec['expirationSeconds'] ?? usualSeconds;
  if (typeof seconds !== 'number' || seconds < fewestSeconds) {
    throw invalid({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', name: '' }, [
      wrongValue('spec.expirationSeconds', {
        value: seconds,
        detail: 'may not specify a duration less than 10 minutes',
      }),
    ]);
  }
  if (isObject(spec['boundObjectRef'])) {
    throw notSimulated(`tokens that end with a ${textOf(spec['boundObjectRef'], 'kind')}`);
  }
  const asked = textsIn(spec['audiences']);
  const audiences = asked.length === 0 ? [tokenIssuer] : asked;
  const expires = cluster.clock.timestamp(seconds * 1_000);
  const token = isDryRun(exchange) ? '' : issueToken(cluster, { account, audiences, seconds });
  const { name, namespace, uid } = account.metadata;
  await sendJson(
    exchange,
    {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, uid, creationTimestamp: cluster.clock.timestamp() },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: null },
      status: { token, expirationTimestamp: expires },
    },
    201,
  );
}

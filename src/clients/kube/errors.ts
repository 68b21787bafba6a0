import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';
import { badResponse } from '../../http/bad-response.ts';
import { type Asked, type Failure, failureOf, messageChars, readStatus, saidOf } from './failure.ts';

/*
 * The only place that reads a status code. A code says little by itself: 409 has three meanings, 429 may be a
 * disruption budget and 500 a misspelt field, so causes and reasons are looked at first. Messages of the server may
 * quote what was sent; where that is a Secret, only the paths of fields pass.
 */

// A 422 of a long list names every item; nobody reads more.
const causesShown = 20;

/** True for what may pass by itself: overload and a server that fails. Never for a write. */
export function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

export function isUnauthenticated(status: number): boolean {
  return status === 401;
}

export function isNotModified(status: number): boolean {
  return status === 304;
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The error for an answer that is no success. */
export function errorFromAnswer(answer: { status: number; body: Buffer }, asked: Asked): VigieError {
  return errorFromStatus({ code: answer.status, status: readStatus(answer.body) }, asked);
}

// What a proxy between says of a server that it could not hear to the end.
const byAProxy = [502, 503, 504];

/** The error for a server that would not open a stream. A kubelet answers in plain words. */
export function errorFromRefusal(answer: { status: number; body: Buffer }, asked: Asked): VigieError {
  const { status: code, body } = answer;
  if (isSuccess(code)) return badResponse(asked.what, 'it opened no line', { outcomeUnknown: true });
  const status = readStatus(body);
  if (code < 500 || (status === undefined && byAProxy.includes(code))) return errorFromAnswer(answer, asked);
  const said =
    status === undefined
      ? body.toString('utf8', 0, messageChars)
      : failureOf({ code, status }, asked).message;
  return new VigieError('NOT_STARTED', `${deed(asked)} failed: ${saidOf(said)}`, {
    hint: 'See whether the container runs and what became of it: k8s_describe, k8s_logs.',
  });
}

/** The error for a Status, which may also come inside a stream. */
export function errorFromStatus(
  from: { code: number; status: JsonObject | undefined },
  asked: Asked,
): VigieError {
  const failure = failureOf(from, asked);
  switch (from.code) {
    case 400:
      return badRequest(failure, asked);
    case 401:
      return new VigieError(
        'UNAUTHENTICATED',
        `The cluster did not accept the credentials for ${deed(asked)}`,
        {
          hint: 'Log in again with the tool that made the kubeconfig, then run vigie doctor.',
        },
      );
    case 403:
      return forbidden(failure, asked);
    case 404:
      return notFound(failure, asked);
    case 409:
      return conflict(failure, asked);
    case 410:
      return new VigieError(
        'INVALID_INPUT',
        `${asked.what}: what was known of the list is too old for the server`,
        {
          hint: 'List again from the start, without a cursor.',
          details: { expired: true },
        },
      );
    case 422:
      return invalid(failure, asked);
    case 429:
      return tooMany(failure, asked);
    case 504:
      return new VigieError('TIMEOUT', sentence(asked, failure), { retryable: true });
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return new VigieError(
        'BAD_RESPONSE',
        `The server sent ${deed(asked)} to another place, and redirects are not followed`,
        {
          hint: 'Give the API server itself as the server of the kubeconfig.',
        },
      );
    default:
      return from.code >= 500 ? serverFailure(failure, asked) : otherRefusal(failure, asked);
  }
}

function badRequest(failure: Failure, asked: Asked): VigieError {
  const { message } = failure;
  const denied = deniedByWebhook(failure, asked);
  if (denied !== undefined) return denied;
  if (message.includes('does not support dry run')) {
    return new VigieError('REJECTED_BY_SERVER', sentence(asked, failure), { details: { noDryRun: true } });
  }
  const fields = [...message.matchAll(/(?:unknown|duplicate) field "([^"]{1,300})"/g)].map(
    match => match[1] ?? '',
  );
  if (message.includes('strict decoding error') && fields.length > 0) {
    const kinds = message.includes('unknown field')
      ? 'has fields that its kind does not know'
      : 'names a field twice';
    return new VigieError('INVALID_MANIFEST', `${asked.what} ${kinds}: ${list(fields)}`, {
      hint: 'Correct the names, or leave the fields out.',
      details: { field: fields[0] ?? '', fields: fields.slice(0, causesShown) },
    });
  }
  if (
    /cannot unmarshal|unable to decode|error decoding|strict decoding|json: |quantities must match/i.test(
      message,
    )
  ) {
    const field = /Go struct field ([\w.]{1,200})/.exec(message)?.[1];
    return new VigieError('INVALID_MANIFEST', sentence(asked, failure), {
      details: field === undefined ? {} : { field },
    });
  }
  return otherRefusal(failure, asked);
}

function otherRefusal(failure: Failure, asked: Asked): VigieError {
  // A read that the server takes for wrong has a wrong argument; of a write, it is the object.
  const code = readVerbs.includes(asked.verb) ? 'INVALID_INPUT' : 'REJECTED_BY_SERVER';
  return new VigieError(code, sentence(asked, failure), { details: causesOf(failure, asked) });
}

const readVerbs = ['get', 'list', 'watch', 'read the log of', 'review'];

function forbidden(failure: Failure, asked: Asked): VigieError {
  const denied = deniedByWebhook(failure, asked);
  if (denied !== undefined) return denied;
  const byRules = failure.message.includes(' cannot ');
  const terminating = failure.causes.some(cause => cause.reason === 'NamespaceTerminating');
  return new VigieError('FORBIDDEN', sentence(asked, failure), {
    ...(byRules
      ? { hint: 'Ask for the right in RBAC; vigie doctor shows what these credentials may do.' }
      : {}),
    ...(terminating
      ? { hint: 'The namespace is being deleted; use another, or wait until it is gone.' }
      : {}),
    details: {
      verb: asked.verb,
      resource: asked.resource ?? '',
      namespace: asked.namespace ?? '',
      ...(terminating ? { terminating } : {}),
    },
  });
}

function deniedByWebhook(failure: Failure, asked: Asked): VigieError | undefined {
  const webhook = /admission webhook "([^"]{1,253})" denied the request/.exec(failure.message)?.[1];
  if (webhook === undefined) return undefined;
  return new VigieError('FORBIDDEN', sentence(asked, failure), {
    hint: 'The webhook is a rule of this cluster; change the object to fit it.',
    details: { verb: asked.verb, resource: asked.resource ?? '', namespace: asked.namespace ?? '', webhook },
  });
}

/** The next command of somebody who asked for one object and cannot have it. */
export function lookAround({ resource = 'KIND', namespace }: Asked): Trusted {
  return namespace === undefined
    ? trusted`See what there is: vigie k8s list ${resource}`
    : trusted`See what there is: vigie k8s list ${resource} -n ${namespace}`;
}

function notFound(failure: Failure, asked: Asked): VigieError {
  const { name, kind } = failure.details;
  if (typeof name === 'string' && name !== '') {
    const other =
      kind === 'namespaces' && asked.namespace === name ? `Namespace/${cleanLine(name, 80)}` : asked.what;
    return new VigieError('NOT_FOUND', `${other} does not exist`, {
      hint: lookAround(asked),
    });
  }
  if (failure.plain || failure.message.includes('could not find the requested resource')) {
    return new VigieError('UNKNOWN_KIND', `The cluster does not serve ${asked.what}`, {
      hint: 'The API group may be missing or its server down; run vigie doctor.',
      details: { nearest: [] },
    });
  }
  return new VigieError('NOT_FOUND', sentence(asked, failure));
}

function conflict(failure: Failure, asked: Asked): VigieError {
  if (failure.reason === 'AlreadyExists')
    return new VigieError('ALREADY_EXISTS', `${asked.what} exists already`);
  const owned = failure.causes.filter(cause => cause.reason === 'FieldManagerConflict');
  if (owned.length === 0) {
    if (/precondition failed: uid|uid mismatch|uid in the precondition/i.test(failure.message))
      return replaced(asked);
    return new VigieError(
      'CONFLICT',
      `${deed(asked)} was not done: it was changed by somebody else meanwhile`,
      {
        hint: 'Read it again and propose the change anew.',
        details: { cause: 'changed' },
      },
    );
  }
  const conflicts = owned.slice(0, causesShown).map(({ message, field }) => ({
    owner: /conflict with "([^"]{1,200})"/.exec(message)?.[1] ?? cleanLine(message, 200),
    field: cleanLine(field, 300),
  }));
  const owners = [...new Set(conflicts.map(conflict => conflict.owner))];
  const fields = conflicts.map(conflict => conflict.field);
  return new VigieError('CONFLICT', `${asked.what}: ${list(fields)} belongs to ${list(owners)}`, {
    hint: 'Leave those fields out, or apply with force to take them over.',
    details: { cause: 'owned', owners, fields, conflicts },
  });
}

function replaced(asked: Asked): VigieError {
  return new VigieError(
    'CONFLICT',
    `${deed(asked)} was not done: it is another object under the same name now`,
    {
      hint: 'Read it again and propose the change anew.',
      details: { cause: 'replaced' },
    },
  );
}

function invalid(failure: Failure, asked: Asked): VigieError {
  if (failure.causes.some(cause => cause.field === 'metadata.uid')) return replaced(asked);
  if (failure.causes.some(cause => cause.field === 'patch')) return unreadablePatch(failure, asked);
  const code = readVerbs.includes(asked.verb) ? 'INVALID_INPUT' : 'REJECTED_BY_SERVER';
  const fields = failure.causes.map(cause => cause.field).filter(field => field !== '');
  const message = asked.secret
    ? `${asked.what} was found invalid${fields.length === 0 ? '' : `: ${list(fields)}`}`
    : sentence(asked, failure);
  return new VigieError(code, message, { details: causesOf(failure, asked) });
}

/** A patch that does not decode: the server quotes the whole patched object, and what is wrong comes after it. */
function unreadablePatch(failure: Failure, asked: Asked): VigieError {
  const why =
    /(?:strict decoding error|json: cannot unmarshal|unrecognized type).{0,600}$|quantities must match the regular expression '[^']{1,100}'/.exec(
      failure.message,
    )?.[0];
  if (why !== undefined)
    return badRequest({ ...failure, message: why, said: asked.secret ? '' : saidOf(why) }, asked);
  return new VigieError('INVALID_MANIFEST', `${asked.what}: the patch does not fit the kind`);
}

function tooMany(failure: Failure, asked: Asked): VigieError {
  const budget = failure.causes.find(cause => cause.reason === 'DisruptionBudget');
  if (budget !== undefined) {
    return new VigieError('BLOCKED_BY_BUDGET', `${asked.what}: ${cleanLine(budget.message, messageChars)}`, {
      hint: 'Wait until more pods are healthy, or change the PodDisruptionBudget.',
      retryable: true,
    });
  }
  return new VigieError('SERVER_ERROR', `The cluster takes no more requests now: ${deed(asked)}`, {
    retryable: true,
  });
}

function serverFailure(failure: Failure, asked: Asked): VigieError {
  const { message } = failure;
  // Server-side apply answers a misspelt field with a plain 500.
  const undeclared = /(\.[^\s:]{1,300}): field not declared in schema/.exec(message)?.[1];
  if (undeclared !== undefined) {
    const field = cleanLine(undeclared.replace(/^\./, ''), 300);
    return new VigieError(
      'INVALID_MANIFEST',
      `${asked.what} has a field that its kind does not know: ${field}`,
      {
        hint: 'Correct its name, or leave it out.',
        details: { field },
      },
    );
  }
  if (message.includes('failed to create typed patch object')) {
    return new VigieError('INVALID_MANIFEST', sentence(asked, failure));
  }
  const webhook = /failed calling webhook "([^"]{1,253})"/.exec(message)?.[1];
  if (webhook !== undefined) {
    return new VigieError('SERVER_ERROR', sentence(asked, failure), {
      hint: 'A webhook of the cluster does not answer; until it does, nothing it guards can change.',
      details: { webhook },
    });
  }
  return new VigieError('SERVER_ERROR', sentence(asked, failure), { retryable: true });
}

function causesOf(failure: Failure, asked: Asked): JsonObject {
  if (failure.causes.length === 0) return {};
  return {
    causes: failure.causes.slice(0, causesShown).map(({ field, message }) => ({
      field: cleanLine(field, 300),
      message: asked.secret === true ? '' : cleanLine(message, messageChars),
    })),
  };
}

function sentence(asked: Asked, failure: Failure): string {
  const why =
    failure.said === '' ? (failure.reason === '' ? `HTTP ${failure.code}` : failure.reason) : failure.said;
  return `${deed(asked)} failed: ${why}`;
}

function deed(asked: Asked): string {
  return `${asked.verb} ${asked.what}`;
}

function list(items: readonly string[]): string {
  const shown = items.slice(0, 5).map(item => cleanLine(item, 300));
  return items.length > shown.length
    ? `${shown.join(', ')} and ${items.length - shown.length} more`
    : shown.join(', ');
}

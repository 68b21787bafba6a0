import { VigieError } from '../core/errors.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import { splitApiVersion } from '../kubernetes/object.ts';
import type { Resource } from './resource.ts';

/** One reason inside a Status; `field` is the path of what is wrong. */
export type StatusCause = { reason?: string; message: string; field?: string };

/**
 * A refusal of the API server: thrown by whoever finds it, turned into a Status body by the one handler of the server.
 * An empty reason is kept out of the body, as the real server does for its plain 500s.
 */
export function failure(
  code: number,
  more: { reason?: string; message: string; details?: JsonObject },
): VigieError {
  return new VigieError('REJECTED_BY_SERVER', more.message, {
    details: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: more.message,
      ...(more.reason === undefined ? {} : { reason: more.reason }),
      ...(more.details === undefined ? {} : { details: more.details }),
      code,
    },
  });
}

/** The Status body that an error stands for; undefined when it is a fault of the sandbox itself. */
export function statusBody(error: unknown): (JsonObject & { code: number }) | undefined {
  if (!(error instanceof VigieError) || !isObject(error.details)) return undefined;
  const { code, kind } = error.details;
  return kind === 'Status' && typeof code === 'number' ? { ...error.details, code } : undefined;
}

/** `deployments.apps`, `pods`: how the real server names a resource in messages. */
export function qualified(resource: { group: string; plural: string }): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

function subject(resource: Resource, name: string): JsonObject {
  return { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural };
}

export function notFound(resource: Resource, name: string): VigieError {
  return failure(404, {
    reason: 'NotFound',
    message: `${qualified(resource)} "${name}" not found`,
    details: subject(resource, name),
  });
}

/** A path inside a served group that names nothing. */
export function noSuchPath(): VigieError {
  return failure(404, {
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });
}

export function alreadyExists(resource: Resource, name: string): VigieError {
  return failure(409, {
    reason: 'AlreadyExists',
    message: `${qualified(resource)} "${name}" already exists`,
    details: subject(resource, name),
  });
}

/** Somebody else wrote first; `why` defaults to the message for a stale resourceVersion. */
export function conflict(
  resource: Resource,
  { name, why }: { name: string; why?: string | undefined },
): VigieError {
  const cause =
    why ?? 'the object has been modified; please apply your changes to the latest version and try again';
  return failure(409, {
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${cause}`,
    details: subject(resource, name),
  });
}

export function badRequest(message: string): VigieError {
  return failure(400, { reason: 'BadRequest', message });
}

export function forbidden(
  resource: Resource,
  { name, why, causes }: { name: string; why: string; causes?: StatusCause[] },
): VigieError {
  return failure(403, {
    reason: 'Forbidden',
    message: `${qualified(resource)} "${name}" is forbidden: ${why}`,
    details: { ...subject(resource, name), ...(causes === undefined ? {} : { causes }) },
  });
}

/** 422: each cause's message is already the full sentence without its field. */
export function invalid(
  subject: { apiVersion: string; kind: string; name: string },
  causes: readonly StatusCause[],
): VigieError {
  const { group } = splitApiVersion(subject.apiVersion);
  const texts = [
    ...new Set(causes.map(cause => (cause.field ? `${cause.field}: ${cause.message}` : cause.message))),
  ];
  const kind = group === '' ? subject.kind : `${subject.kind}.${group}`;
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return failure(422, {
    reason: 'Invalid',
    message: `${kind} "${subject.name}" is invalid: ${list}`,
    details: {
      ...(subject.name === '' ? {} : { name: subject.name }),
      ...(group === '' ? {} : { group }),
      ...(subject.kind === '' ? {} : { kind: subject.kind }),
      causes: causes.map(({ reason, message, field }) => ({
        ...(reason === undefined ? {} : { reason }),
        message,
        ...(field === undefined ? {} : { field }),
      })),
    },
  });
}

/** What the sandbox knows it does not do. */
export function notSimulated(what: string): VigieError {
  return failure(501, { reason: 'NotImplemented', message: `the sandbox does not simulate ${what}` });
}

/** The Status of something that went well and has no object to show. */
export function success(more: { details?: JsonObject; code?: number } = {}): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(more.details === undefined ? {} : { details: more.details }),
    ...(more.code === undefined ? {} : { code: more.code }),
  };
}

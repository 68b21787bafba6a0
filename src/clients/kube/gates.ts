import { VigieError } from '../../core/errors.ts';
import { locate } from './paths.ts';

/** A request as it is about to leave, read back from its final URL. */
export interface LeavingRequest {
  method: string;
  pathname: string;
  query: URLSearchParams;
  body: string | undefined;
}

/** Throws when a request must not leave; it is asked right before the socket. */
export type Gate = (request: LeavingRequest) => void;

const readableSubresources = ['log', 'scale', 'status'];

// They write nothing: each answers a question about the caller, the last one about somebody else.
const reviews = [
  '/apis/authentication.k8s.io/v1/selfsubjectreviews',
  '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
  '/apis/authorization.k8s.io/v1/subjectaccessreviews',
];

const serverDocuments = /^\/(?:version|api(?:\/v1)?|apis(?:\/[^/]+){0,2}|openapi\/v3(?:\/.+)?)$/;

/**
 * What may leave in read-only mode, and all that a reader ever sends. The verb alone says little: exec, attach,
 * portforward and proxy are GETs, and a review of rights is a POST.
 */
export function readGate(request: LeavingRequest): void {
  if (request.method === 'POST' && reviews.includes(request.pathname)) return;
  if (request.method === 'GET') {
    if (serverDocuments.test(request.pathname)) return;
    const location = locate(request.pathname);
    if (location !== undefined) {
      const { subresource } = location;
      if (subresource === undefined || readableSubresources.includes(subresource)) return;
    }
  }
  refuse(request, 'it is no read');
}

/** A request that reaches a gate and does not pass is our own fault: names from outside are refused long before. */
export function refuse(request: LeavingRequest, why: string): never {
  throw new VigieError('INTERNAL', `${request.method} ${request.pathname} was held back: ${why}`);
}

import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { Endpoint, EndpointAnswer, EndpointRequest } from '../../http/endpoint.ts';
import { pathOf } from '../../http/endpoint-path.ts';
import { receive } from '../../http/receive.ts';
import type { Channel } from './channel.ts';
import { errorFromAnswer } from './errors.ts';
import { readStatus } from './failure.ts';
import { type Gate, type LeavingRequest, refuse } from './gates.ts';
import { type ApiPath, serverPath } from './paths.ts';

/** A Service of the cluster that vigie.yaml names, as the API server's proxy reaches it. */
export interface ServicePlace {
  namespace: string;
  name: string;
  /** A number, or the port's name. */
  port: string;
  scheme: 'http' | 'https';
  /** Segments below which its API lies. */
  base: readonly string[];
}

/**
 * Lets through what goes to the proxy of one of these Services, and below its base. `methods`: GET alone for whoever reads.
 * A path is looked at as the Service would see it: what the API server unpacks must not lead out of the base.
 */
export function serviceGate(
  places: readonly ServicePlace[],
  methods: readonly EndpointRequest['method'][],
): Gate {
  const prefixes = places.map(place => prefixOf(place).text);
  return request => {
    const within = prefixes.some(prefix => request.pathname.startsWith(`${prefix}/`));
    const passes = methods.some(method => method === request.method) && within;
    if (!passes || leadsElsewhere(request)) refuse(request, 'it goes to no Service that vigie.yaml names');
  };
}

function leadsElsewhere({ pathname }: LeavingRequest): boolean {
  return pathname.split('/').some(segment => {
    const unpacked = decodeURIComponent(segment);
    return unpacked === '.' || unpacked === '..' || /[/\\]/.test(unpacked);
  });
}

function prefixOf({ namespace, name, port, scheme, base }: ServicePlace): ApiPath {
  const service = `${scheme === 'https' ? 'https:' : ''}${name}:${port}`;
  // The person's own words decide where it lies, so no bound of namespaces holds for it.
  return serverPath('api', 'v1', 'namespaces', namespace, 'services', service, 'proxy', ...base);
}

/** A system behind the cluster's API server: reached with the cluster's credentials, since it keeps all others for itself. */
export class ServiceEndpoint implements Endpoint {
  readonly shown: string;
  readonly #channel: Channel;
  readonly #place: ServicePlace;
  readonly #gate: Gate;

  /** `changing`: it may send more than GET. */
  constructor(channel: Channel, { place, changing }: { place: ServicePlace; changing: boolean }) {
    const { namespace, name, port, scheme, base } = place;
    const below = base.map(segment => `/${segment}`).join('');
    this.shown = `Service/${name}:${port}${below} in ${namespace}${scheme === 'https' ? ' (https)' : ''}`;
    this.#channel = channel;
    this.#place = place;
    this.#gate = serviceGate([place], changing ? ['GET', 'POST', 'PUT', 'DELETE'] : ['GET']);
  }

  async send(request: EndpointRequest): Promise<EndpointAnswer> {
    const { method, deadlineMs } = request;
    const deadlineAt = performance.now() + deadlineMs;
    const prefix = prefixOf(this.#place);
    const { namespace, name } = this.#place;
    const asked = {
      verb: method === 'GET' ? 'ask' : 'send to',
      what: `Service/${name} in ${namespace}`,
      resource: 'services/proxy',
      namespace,
    };
    const response = await this.#channel.behind({
      method,
      path: { ...prefix, text: `${prefix.text}${pathOf(request.path)}` },
      query: request.query ?? [],
      ...(request.body === undefined ? {} : { body: bodyOf(request.body.text) }),
      gate: this.#gate,
      asked,
      signal: request.signal,
      headMs: deadlineMs,
      headers: request.headers ?? {},
    });
    return receive(response, {
      server: this.shown,
      signal: request.signal,
      deadlineAt,
      deadlineMs,
      maxBytes: request.maxBytes ?? limits.responseBytes,
      mayHaveArrived: method !== 'GET',
      // The API server speaks for itself by a Status; whatever else comes is the system's own.
      refusal: answer => (readStatus(answer.body) === undefined ? undefined : errorFromAnswer(answer, asked)),
    });
  }
}

function bodyOf(text: string): JsonObject {
  const value = JSON.parse(text) as Json;
  if (!isObject(value)) throw new VigieError('INTERNAL', 'Only an object goes to a Service of the cluster');
  return value;
}

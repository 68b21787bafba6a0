import * as z from 'zod';
import type { SecretReference } from '../../core/secret-reference.ts';
import { isLoopback } from '../../http/loopback.ts';
import { labelOf, namespaceName } from '../dns-label.ts';
import { type Aliases, readReference } from './reference.ts';

/** Where a system is, and what proves to it who we are. */
export type EndpointConfig =
  | {
      via: 'url';
      /** Without user, query and fragment. */
      url: string;
      proof:
        | { how: 'none' }
        | { how: 'token'; token: SecretReference }
        | { how: 'password'; user: string; password: SecretReference };
      /** An absolute path: the only authorities that count. */
      caFile?: string;
      tenant?: string;
    }
  | {
      via: 'service';
      namespace: string;
      name: string;
      /** A number, or the port's name. */
      port: string;
      scheme: 'http' | 'https';
      /** Segments below which its API lies; empty: at its root. */
      base: readonly string[];
    };

export const serviceSection = z.strictObject({
  namespace: namespaceName,
  name: labelOf('is no name of a Service'),
  port: z.union([z.int().min(1).max(65_535), z.string().regex(/^[a-z0-9-]{1,15}$/)], {
    error: 'must be a number of a port or its name',
  }),
  scheme: z.enum(['http', 'https']).default('http'),
});

export const endpointSection = z.strictObject({
  url: z.string().max(2048).optional(),
  insecureHttp: z.boolean().default(false),
  service: serviceSection.optional(),
  /** Of a service; a URL carries its own. */
  basePath: z
    .string()
    .regex(/^(?:\/[A-Za-z0-9._~-]{1,100}){1,10}$/, 'must be like /prometheus')
    .optional(),
  token: z.string().max(4096).optional(),
  user: z
    .string()
    .regex(/^[^:\p{Cc}]{1,256}$/u, 'must be one line without a colon')
    .optional(),
  password: z.string().max(4096).optional(),
  tenant: z
    .string()
    .regex(/^[A-Za-z0-9!_.*'()|-]{1,150}$/, 'must be letters, digits and ! _ . * - | ( )')
    .optional(),
  ca: z.string().startsWith('/', 'must be an absolute path').max(4096).optional(),
});

/** A URL alone stands for an endpoint that asks for no credentials. */
export const endpointText = z.preprocess(
  text => (typeof text === 'string' ? { url: text } : text),
  endpointSection.optional(),
);

type EndpointText = z.output<typeof endpointSection>;

export function readEndpoint(
  text: EndpointText,
  at: Aliases & { path: readonly PropertyKey[] },
): EndpointConfig {
  const { url, service, tenant } = text;
  const fail = (keys: readonly PropertyKey[], problem: string) => at.fail([...at.path, ...keys], problem);
  if (url !== undefined && service !== undefined)
    return fail(['service'], 'an endpoint is a url or a service of the cluster, never both');
  if (service !== undefined) {
    for (const key of ['token', 'user', 'password', 'ca'] as const)
      if (text[key] !== undefined)
        fail([key], 'cannot go through the API server, which keeps that for itself; name a url');
    // Left out without a word it would read and silence what is another tenant's.
    if (tenant !== undefined) fail(['tenant'], 'is not sent through the API server; name a url');
    const base = text.basePath === undefined ? [] : text.basePath.slice(1).split('/');
    if (base.some(part => part === '.' || part === '..')) fail(['basePath'], 'must be like /prometheus');
    return { via: 'service', ...service, port: String(service.port), base };
  }
  if (url === undefined) return fail([], 'needs url, or service for one of the cluster');
  if (text.basePath !== undefined) fail(['basePath'], 'stands in the url itself');
  const problem = problemOf(url, text);
  if (problem !== undefined) fail(['url'], problem);
  return {
    via: 'url',
    url,
    proof: proofOf(text, at),
    ...(text.ca === undefined ? {} : { caFile: text.ca }),
    ...(tenant === undefined ? {} : { tenant }),
  };
}

function proofOf(
  { token, user, password }: EndpointText,
  at: Aliases & { path: readonly PropertyKey[] },
): Extract<EndpointConfig, { via: 'url' }>['proof'] {
  const reference = (key: string, written: string) =>
    readReference(written, { ...at, path: [...at.path, key] });
  if (token !== undefined) {
    if (user !== undefined || password !== undefined)
      at.fail([...at.path, 'token'], 'cannot go with user and password');
    return { how: 'token', token: reference('token', token) };
  }
  if (user === undefined && password === undefined) return { how: 'none' };
  if (user === undefined || password === undefined)
    return at.fail([...at.path, user === undefined ? 'password' : 'user'], 'needs both user and password');
  return { how: 'password', user, password: reference('password', password) };
}

/** What is wrong with a URL; it is not quoted, since it may hold a password. */
function problemOf(written: string, { insecureHttp }: { insecureHttp: boolean }): string | undefined {
  const url = URL.parse(written);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return 'must be a URL of https or http';
  if (url.username + url.password !== '')
    return 'must not hold a user or a password: write user and password (a reference) beside it';
  if (url.search !== '' || written.includes('?') || written.includes('#'))
    return 'must have no query and no fragment';
  if (url.protocol === 'http:' && !isLoopback(url) && !insecureHttp)
    return 'is http, which anybody on the way can read and change: use https, or insecureHttp: true';
  return undefined;
}

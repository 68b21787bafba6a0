import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, textIn } from '../../core/json.ts';
import { splitApiVersion } from '../../kubernetes/object.ts';
import { parseObject } from './answers.ts';
import type { Channel } from './channel.ts';
import { discover } from './discover.ts';
import { type ApiPath, serverPath } from './paths.ts';

/** Where the server describes one group and version, and the text that changes with the description. */
export interface Described {
  path: ApiPath;
  /** Empty where the server names none. */
  hash: string;
}

/** @throws VigieError SERVER_ERROR where the server describes no such version, or at another place than every server does */
export async function findDescription(channel: Channel, apiVersion: string): Promise<Described> {
  const { group, version } = splitApiVersion(apiVersion);
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  const index = parseObject(
    (await channel.read(discover(serverPath('openapi', 'v3')))).body,
    'the OpenAPI index',
  );
  const key = parts.join('/');
  const entry = isObject(index.paths) && Object.hasOwn(index.paths, key) ? index.paths[key] : undefined;
  const named = isObject(entry) ? textIn(entry.serverRelativeURL) : '';
  if (named === '') throw notDescribed(`the server describes nothing of ${apiVersion}`);
  // The document is where every server has it; an index that points elsewhere (another host, too) is not followed.
  const path = serverPath('openapi', 'v3', ...parts);
  if (!isSamePlace(named, path.text))
    throw notDescribed(`the server's description of ${apiVersion} lies at an unexpected place`);
  return { path, hash: /[?&]hash=([^&#]+)/.exec(named)?.[1] ?? '' };
}

export async function readDescription(channel: Channel, { path }: Described): Promise<JsonObject> {
  return parseObject((await channel.read(discover(path))).body, 'the OpenAPI document');
}

/** Of a kind that was just defined the description comes a moment later. */
function notDescribed(why: string): VigieError {
  return new VigieError('SERVER_ERROR', `Its fields and operations are not known: ${why}`, {
    retryable: true,
    details: { why },
  });
}

function isSamePlace(relativeUrl: string, path: string): boolean {
  const [pathname = ''] = relativeUrl.split(/[?#]/);
  return (
    !relativeUrl.startsWith('//') &&
    !relativeUrl.includes('\\') &&
    pathname.endsWith(path) &&
    pathname.startsWith('/')
  );
}

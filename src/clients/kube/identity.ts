import type { ClusterIdentity } from '../../core/cluster.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, textIn } from '../../core/json.ts';
import { parseObject } from './answers.ts';
import type { Channel } from './channel.ts';
import { readGate } from './gates.ts';
import { serverPath } from './paths.ts';
import type { KubeReader } from './reader.ts';

/** Which cluster answers now, and whom it takes us for; asked anew each time. */
export async function identify(channel: Channel, reader: KubeReader): Promise<ClusterIdentity> {
  const { connection, server } = await channel.line();
  const [uid, user] = await Promise.all([clusterUid(reader), userName(channel)]);
  return { uid, connection, user, server };
}

async function clusterUid(reader: KubeReader): Promise<string> {
  try {
    const namespace = await reader.get({ kind: 'Namespace', apiVersion: 'v1', name: 'kube-system' });
    return namespace.metadata.uid ?? 'unreadable';
  } catch (error) {
    if (error instanceof VigieError && (error.code === 'FORBIDDEN' || error.code === 'NOT_FOUND'))
      return 'unreadable';
    throw error;
  }
}

async function userName(channel: Channel): Promise<string> {
  try {
    const answer = await channel.read({
      method: 'POST',
      path: serverPath('apis', 'authentication.k8s.io', 'v1', 'selfsubjectreviews'),
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      gate: readGate,
      asked: { verb: 'review', what: 'who we are' },
    });
    const { status } = parseObject(answer.body, 'the review');
    const userInfo = isObject(status) ? status.userInfo : undefined;
    return isObject(userInfo) ? textIn(userInfo.username) : '';
  } catch (error) {
    // Servers before 1.28 do not have it, and some do not let everybody ask.
    const silent = ['FORBIDDEN', 'UNKNOWN_KIND', 'NOT_FOUND'];
    if (error instanceof VigieError && silent.includes(error.code)) return '';
    throw error;
  }
}

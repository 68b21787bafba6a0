import { schemaVersion } from '../../kubernetes/schema.ts';
import { minorOf } from '../cluster/server-minor.ts';
import type { Snapshot } from '../snapshot.ts';
import { isProductionNamespace, soundsLikeProduction } from './production.ts';
import type { AuditView } from './rule.ts';

/** The newest minor version that the schemas here know. */
function newestMinor(): number {
  return minorOf(schemaVersion()) ?? 0;
}

/**
 * What the rules look around in. `targetMinor` absent: of a cluster the next version, of files the newest known.
 * `everywhere`: all namespaces were looked at, so that what gives an account nothing there gives it nothing.
 */
export function auditView(
  snapshot: Snapshot,
  facts: { live: boolean; everywhere: boolean; environment?: string; targetMinor?: number },
): AuditView {
  const { live, everywhere, environment = '' } = facts;
  const serverMinor = live ? minorOf(snapshot.serverVersion) : undefined;
  const targetMinor = facts.targetMinor ?? (serverMinor === undefined ? newestMinor() : serverMinor + 1);
  const allIsProduction = soundsLikeProduction(environment);
  return {
    live,
    nowMs: snapshot.nowMs,
    targetMinor,
    serverMinor,
    list: (kind, namespace) => snapshot.list(kind, namespace),
    get: ref =>
      snapshot.get(ref) ??
      (ref.namespace === 'default' ? snapshot.get({ kind: ref.kind, name: ref.name }) : undefined),
    sees: (kind, namespace) => (everywhere || namespace !== undefined) && snapshot.sees(kind, namespace),
    makerOf: object => snapshot.makerOf(object),
    isProduction(namespace) {
      if (allIsProduction || namespace === undefined) return allIsProduction;
      const object = snapshot.get({ kind: 'Namespace', name: namespace });
      return object === undefined ? soundsLikeProduction(namespace) : isProductionNamespace(object);
    },
  };
}

import type { SystemName } from '../../src/core/system-names.ts';
import { notConfigured } from '../../src/toolkit/not-configured.ts';
import type { Systems } from '../../src/toolkit/systems.ts';

/** An environment that has nothing beside its cluster, but for what a test hands in. */
export function noSystems(more: Partial<Systems> = {}): Systems {
  const none = (name: SystemName | 'rules') => async (): Promise<never> => {
    throw notConfigured('test', name);
  };
  return {
    configured: new Set(),
    slos: new Map(),
    rules: undefined,
    ruleFiles: none('rules'),
    prometheus: none('prometheus'),
    vmalert: none('vmalert'),
    alertmanager: none('alertmanager'),
    grafana: none('grafana'),
    loki: none('loki'),
    backups: none('backups'),
    data: none('data'),
    schedules: none('backups'),
    ...more,
  };
}

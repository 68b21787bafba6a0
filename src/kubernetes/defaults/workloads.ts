import { objectsIn } from '../../core/json.ts';
import { type Fills, fillIn, objectAt } from './fill.ts';

const keepRevisions = { revisionHistoryLimit: 10 };

export const workloadDefaults: Fills = {
  'apps.v1.DeploymentSpec': given => {
    const strategy = objectAt(given, 'strategy');
    fillIn(strategy, { type: 'RollingUpdate' });
    if (strategy['type'] === 'RollingUpdate') {
      fillIn(objectAt(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' });
    }
    fillIn(given, { replicas: 1, progressDeadlineSeconds: 600, ...keepRevisions });
  },
  // A counter of the kind's first version, which the server still keeps.
  'apps.v1.DaemonSet': given =>
    fillIn(objectAt(objectAt(given, 'metadata'), 'annotations'), {
      'deprecated.daemonset.template.generation': '1',
    }),
  'apps.v1.DaemonSetSpec': given => {
    const strategy = objectAt(given, 'updateStrategy');
    fillIn(strategy, { type: 'RollingUpdate' });
    if (strategy['type'] === 'RollingUpdate') {
      fillIn(objectAt(strategy, 'rollingUpdate'), { maxUnavailable: 1, maxSurge: 0 });
    }
    fillIn(given, keepRevisions);
  },
  'apps.v1.StatefulSetSpec': given => {
    const strategy = objectAt(given, 'updateStrategy');
    // Unlike with the other kinds, a type that is given brings no rollingUpdate with it.
    if (strategy['type'] === undefined) fillIn(strategy, { type: 'RollingUpdate', rollingUpdate: {} });
    if (strategy['type'] === 'RollingUpdate' && strategy['rollingUpdate'] !== undefined) {
      fillIn(objectAt(strategy, 'rollingUpdate'), { partition: 0 });
    }
    fillIn(objectAt(given, 'persistentVolumeClaimRetentionPolicy'), {
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
    });
    const claims = objectsIn(given['volumeClaimTemplates']);
    if (claims.length > 0) {
      const type = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
      given['volumeClaimTemplates'] = claims.map(claim => ({ ...claim, ...type }));
    }
    fillIn(given, { podManagementPolicy: 'OrderedReady', replicas: 1, ...keepRevisions });
  },
  'apps.v1.ReplicaSetSpec': given => fillIn(given, { replicas: 1 }),
};

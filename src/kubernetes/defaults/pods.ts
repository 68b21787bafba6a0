import { isObject, type JsonObject, objectsIn } from '../../core/json.ts';
import { imageTag } from '../images.ts';
import { type Fill, type Fills, fillIn, objectAt } from './fill.ts';

const container: Fill = given => {
  const image = typeof given['image'] === 'string' ? given['image'] : '';
  fillIn(given, {
    imagePullPolicy: imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
};

const volumeMode: Fill = given => fillIn(given, { defaultMode: 0o644 });

export const podDefaults: Fills = {
  'core.v1.Pod': given => {
    const spec = objectAt(given, 'spec');
    for (const list of ['containers', 'initContainers']) {
      if (!Array.isArray(spec[list])) continue;
      spec[list] = objectsIn(spec[list]).map(item =>
        withHostPorts(withRequests(item), { hostNetwork: spec['hostNetwork'] === true }),
      );
    }
    fillIn(spec, { enableServiceLinks: true });
  },
  'core.v1.NodeSpec': given => {
    const { podCIDR } = given;
    if (podCIDR !== undefined) fillIn(given, { podCIDRs: [podCIDR] });
  },
  'core.v1.PodSpec': given => {
    fillIn(given, {
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
      schedulerName: 'default-scheduler',
    });
    // The older name of the same field.
    const account = given['serviceAccountName'] ?? given['serviceAccount'];
    if (account !== undefined) Object.assign(given, { serviceAccountName: account, serviceAccount: account });
  },
  'core.v1.Container': container,
  'core.v1.EphemeralContainer': container,
  'core.v1.Probe': given =>
    fillIn(given, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }),
  'core.v1.HTTPGetAction': given => fillIn(given, { path: '/', scheme: 'HTTP' }),
  'core.v1.GRPCAction': given => fillIn(given, { service: '' }),
  'core.v1.ObjectFieldSelector': given => fillIn(given, { apiVersion: 'v1' }),
  'core.v1.Volume': given => {
    const source = Object.keys(given).find(name => name !== 'name');
    if (source === undefined) given['emptyDir'] = {};
  },
  'core.v1.SecretVolumeSource': volumeMode,
  'core.v1.ConfigMapVolumeSource': volumeMode,
  'core.v1.DownwardAPIVolumeSource': volumeMode,
  'core.v1.ProjectedVolumeSource': volumeMode,
  'core.v1.ServiceAccountTokenProjection': given => fillIn(given, { expirationSeconds: 3600 }),
  'core.v1.HostPathVolumeSource': given => fillIn(given, { type: '' }),
  'core.v1.ImageVolumeSource': given => {
    const reference = typeof given['reference'] === 'string' ? given['reference'] : '';
    fillIn(given, { pullPolicy: imageTag(reference) === 'latest' ? 'Always' : 'IfNotPresent' });
  },
  // A pod template is no pod: only a pod takes its requests from its limits.
  'core.v1.ReplicationController': given => {
    const spec = objectAt(given, 'spec');
    const template = isObject(spec['template']) ? spec['template'] : {};
    const labels = isObject(template['metadata']) ? template['metadata']['labels'] : undefined;
    if (isObject(labels)) {
      fillIn(spec, { selector: labels });
      fillIn(objectAt(given, 'metadata'), { labels });
    }
    fillIn(spec, { replicas: 1 });
  },
};

function withRequests(item: JsonObject): JsonObject {
  const resources = isObject(item['resources']) ? item['resources'] : {};
  const limits = resources['limits'];
  if (!isObject(limits)) return item;
  const requests = isObject(resources['requests']) ? resources['requests'] : {};
  return { ...item, resources: { ...resources, requests: { ...limits, ...requests } } };
}

function withHostPorts(item: JsonObject, { hostNetwork }: { hostNetwork: boolean }): JsonObject {
  if (!hostNetwork || !Array.isArray(item['ports'])) return item;
  const ports = objectsIn(item['ports']).map(port => ({
    ...port,
    hostPort: port['hostPort'] ?? port['containerPort'],
  }));
  return { ...item, ports };
}

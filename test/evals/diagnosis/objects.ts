import type { Json, JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import type { Place } from './world.ts';

// What people declare, in the shapes in which charts and tutorials do.

type More = {
  replicas?: number;
  /** Laid over the one container. */
  container?: JsonObject;
  /** Laid over the pod's spec. */
  pod?: JsonObject;
  /** Laid over the workload's spec. */
  spec?: JsonObject;
  podLabels?: Record<string, string>;
  podAnnotations?: Record<string, string>;
  annotations?: Record<string, string>;
};

export function object(
  at: Pick<Place, 'namespace'> | undefined,
  kind: string,
  name: string,
  { apiVersion = 'v1', ...more }: JsonObject & { apiVersion?: string } = {},
): KubeObject {
  const { metadata, ...rest } = more;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(at === undefined ? {} : { namespace: at.namespace }),
      ...(metadata as JsonObject | undefined),
    },
    ...rest,
  };
}

export function template(at: Place, base: string, more: More): JsonObject {
  return {
    metadata: {
      labels: { ...at.labels(base), ...more.podLabels },
      ...(more.podAnnotations === undefined ? {} : { annotations: more.podAnnotations }),
    },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'acme/web:1.4',
          ports: [{ name: 'http', containerPort: 8080 }],
          resources: { requests: { cpu: '20m', memory: '32Mi' }, limits: { memory: '256Mi' } },
          ...more.container,
        },
      ],
      ...more.pod,
    },
  };
}

export function deployment(at: Place, base: string, more: More = {}): KubeObject {
  return object(at, 'Deployment', at.name(base), {
    apiVersion: 'apps/v1',
    metadata: {
      labels: at.labels(base),
      ...(more.annotations === undefined ? {} : { annotations: more.annotations }),
    },
    spec: {
      replicas: more.replicas ?? 2,
      progressDeadlineSeconds: 120,
      selector: { matchLabels: at.labels(base) },
      template: template(at, base, more),
      ...more.spec,
    },
  });
}

export function statefulSet(at: Place, base: string, more: More = {}): KubeObject {
  return object(at, 'StatefulSet', at.name(base), {
    apiVersion: 'apps/v1',
    metadata: { labels: at.labels(base) },
    spec: {
      replicas: more.replicas ?? 1,
      serviceName: at.name(base),
      selector: { matchLabels: at.labels(base) },
      template: template(at, base, more),
      ...more.spec,
    },
  });
}

export function daemonSet(at: Place, base: string, more: More = {}): KubeObject {
  return object(at, 'DaemonSet', at.name(base), {
    apiVersion: 'apps/v1',
    metadata: { labels: at.labels(base) },
    spec: {
      selector: { matchLabels: at.labels(base) },
      template: template(at, base, more),
      ...more.spec,
    },
  });
}

export function job(at: Place, base: string, more: More = {}): KubeObject {
  return object(at, 'Job', at.name(base), {
    apiVersion: 'batch/v1',
    metadata: { labels: at.labels(base) },
    spec: {
      backoffLimit: 2,
      template: template(at, base, {
        ...more,
        pod: { restartPolicy: 'Never', ...more.pod },
        container: { image: 'acme/batch:1.0', ports: [], ...more.container },
      }),
      ...more.spec,
    },
  });
}

export function cronJob(at: Place, base: string, more: More = {}): KubeObject {
  return object(at, 'CronJob', at.name(base), {
    apiVersion: 'batch/v1',
    spec: {
      schedule: '*/5 * * * *',
      jobTemplate: {
        spec: {
          backoffLimit: 0,
          template: template(at, base, {
            ...more,
            pod: { restartPolicy: 'Never', ...more.pod },
            container: { image: 'acme/batch:1.0', ports: [], ...more.container },
          }),
        },
      },
      ...more.spec,
    },
  });
}

/** In front of the workload of the same base name. */
export function service(at: Place, base: string, spec: JsonObject = {}): KubeObject {
  return object(at, 'Service', at.name(base), {
    metadata: { labels: at.labels(base) },
    spec: { selector: at.labels(base), ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
  });
}

export function headless(at: Place, base: string, spec: JsonObject = {}): KubeObject {
  return service(at, base, { clusterIP: 'None', ports: [{ name: 'http', port: 8080 }], ...spec });
}

export function ingress(
  at: Place,
  base: string,
  more: { host?: string; port?: JsonObject; backend?: string; path?: string; spec?: JsonObject } = {},
): KubeObject {
  const name = at.name(base);
  return object(at, 'Ingress', name, {
    apiVersion: 'networking.k8s.io/v1',
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host: more.host ?? `${name}.${at.namespace}.example.com`,
          http: {
            paths: [
              {
                path: more.path ?? '/',
                pathType: 'Prefix',
                backend: { service: { name: more.backend ?? name, port: more.port ?? { number: 80 } } },
              },
            ],
          },
        },
      ],
      ...more.spec,
    },
  });
}

export function configMap(at: Place, base: string, data: Record<string, string>): KubeObject {
  return object(at, 'ConfigMap', at.name(base), { data });
}

/** The values are of no account: they are never read. */
export function secret(at: Place, base: string, keys: readonly string[], more: JsonObject = {}): KubeObject {
  return object(at, 'Secret', at.name(base), {
    type: 'Opaque',
    data: Object.fromEntries(keys.map(key => [key, 'ZGVtbw=='])),
    ...more,
  });
}

export function claim(at: Place, base: string, spec: JsonObject = {}): KubeObject {
  return object(at, 'PersistentVolumeClaim', at.name(base), {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  });
}

export function volumeOf(name: string, spec: JsonObject = {}): KubeObject {
  return object(undefined, 'PersistentVolume', name, {
    spec: {
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
      hostPath: { path: `/srv/${name}` },
      ...spec,
    },
  });
}

export function env(name: string, value: Json): JsonObject {
  return typeof value === 'string' ? { name, value } : { name, valueFrom: value };
}

export function ref(at: Place, kind: string, base: string) {
  return { kind, name: at.name(base), namespace: at.namespace };
}

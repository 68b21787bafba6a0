import type { JsonObject } from '../../../src/core/json.ts';
import { crashing, object, revision, service, spaces, workload } from './tenant-objects.ts';

/** What the owner of one namespace made so that the fault of another is not told, as a dump. */
export interface Cover {
  name: string;
  objects: readonly JsonObject[];
  /** By the name of a file: `shop_web-1-a_app.log`. */
  logs?: Readonly<Record<string, string>>;
  /** The finding that must stand by itself; `object`: `Deployment/web`, in shop. */
  hides: { code: string; object: string };
}

const crash = { code: 'CRASH_LOOP', object: 'Deployment/web' };
const broken = [workload('shop/web', { ready: 0 }), revision('shop/web-1'), crashing('shop/web-1-a')];
const logOf = (line: string) => ({ 'shop_web-1-a_app.log': `${line}\n` });
const down = { replicas: 1, ready: 0 };

export const covers: readonly Cover[] = [
  {
    name: 'a pod of another namespace says that it is of the workload, and runs',
    objects: [
      ...broken,
      {
        ...crashing('evil/web-1-a'),
        status: {
          phase: 'Running',
          containerStatuses: [
            {
              name: 'app',
              image: 'shop/web:1',
              imageID: '',
              ready: true,
              restartCount: 0,
              state: { running: {} },
            },
          ],
        },
      },
    ],
    hides: crash,
  },
  {
    name: 'a replica set of another namespace says that it is the newest of the workload',
    objects: [...broken, revision('evil/web-9', { 'deployment.kubernetes.io/revision': '9' })],
    hides: crash,
  },
  {
    name: 'a client made the program log the name of a service of theirs, which is broken',
    objects: [...broken, service('evil/mule', 80), workload('evil/mule', { replicas: 0, ready: 0 })],
    logs: logOf('FATAL dial tcp: connect to mule.evil:80: connection refused'),
    hides: crash,
  },
  {
    name: 'a workload of another namespace has the labels of the DNS of the cluster, and is down',
    objects: [...broken, workload('evil/coredns', { ...down, labels: { 'k8s-app': 'kube-dns' } })],
    logs: logOf('FATAL lookup db.shop.svc.cluster.local on 10.96.0.10:53: read udp: i/o timeout'),
    hides: crash,
  },
  {
    name: 'a workload of another namespace has the labels of the controller of Ingresses, and is down',
    objects: [
      workload('evil/ingress-nginx', down),
      object('IngressClass', '/nginx', { spec: { controller: 'k8s.io/ingress-nginx' } }),
      object('Ingress', 'shop/web', {
        spec: {
          ingressClassName: 'nginx',
          defaultBackend: { service: { name: 'gone', port: { number: 80 } } },
        },
      }),
    ],
    hides: { code: 'INGRESS_BACKEND_MISSING', object: 'Ingress/web' },
  },
].map(cover => ({ ...cover, objects: [...spaces, ...cover.objects] }));

import { VigieError } from '../core/errors.ts';
import type { SystemName } from '../core/system-names.ts';
import { joined, type Trusted, trusted } from '../core/trusted-text.ts';

/** That an environment lacks a system, with the lines for vigie.yaml that would name one. */
export function notConfigured(environment: string, system: SystemName | 'rules'): VigieError {
  return new VigieError('NOT_CONFIGURED', `The environment ${environment} has no ${system}.`, {
    hint: joined([trusted`Under environments.${environment} in vigie.yaml`, linesFor[system]], ': '),
    details: { environment, system },
  });
}

// The exit masks what stands behind a name like `password` from four characters on: an alias that is shorter stays, and the
// reference stands under `secrets`, where it is read as it is printed.
const linesFor: Readonly<Record<SystemName | 'rules', Trusted>> = {
  prometheus: trusted`metrics: {prometheus: {url: "https://prometheus.example.com"}}, or {service: {namespace: monitoring, name: prometheus, port: 9090}} in place of the URL.`,
  vmalert: trusted`metrics: {vmalert: {url: "https://vmalert.example.com"}}, or {service: {namespace: monitoring, name: vmalert, port: 8080}} in place of the URL.`,
  alertmanager: trusted`metrics: {alertmanager: {url: "https://alertmanager.example.com"}}, or {service: {namespace: monitoring, name: alertmanager, port: 9093}} in place of the URL.`,
  grafana: trusted`secrets: {gra: "env:GRAFANA_TOKEN"}; metrics: {grafana: {token: gra, url: "https://grafana.example.com"}}.`,
  rules: trusted`metrics: {rules: {directory: /etc/prometheus/rules}}, or {resource: PrometheusRule, namespace: monitoring} in place of the folder.`,
  loki: trusted`logs: {loki: {url: "https://loki.example.com"}}, or {service: {namespace: monitoring, name: loki, port: 3100}} in place of the URL. Without one, logs of pods are read: vigie logs query --namespace NAME, without a query.`,
  data: trusted`secrets: {db: "file:/run/secrets/shop-db"}; data: {shop-db: {engine: postgres, database: shop, host: 127.0.0.1, password: db, user: vigie}}.`,
  backups: trusted`secrets: {db: "file:/run/secrets/shop-db"}; backups: {destinations: {disk: {directory: /var/backups/vigie, media: disk}}, sets: {shop-db: {engine: postgres, database: shop, host: 127.0.0.1, password: db, to: [disk]}}}.`,
};

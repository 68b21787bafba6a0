/** The systems that are asked over HTTP, by the keys that they stand under in an environment's `metrics` and `logs`. */
export const metricsSystems = ['prometheus', 'vmalert', 'alertmanager', 'grafana'] as const;
export const logsSystems = ['loki'] as const;

/** The keys of an environment that bring a family of tools each. */
export const integrationNames = ['metrics', 'logs', 'backups', 'data'] as const;

export type EndpointSystem = (typeof metricsSystems)[number] | (typeof logsSystems)[number];

/** Systems other than the cluster that an environment may have. */
export type SystemName = EndpointSystem | 'backups' | 'data';

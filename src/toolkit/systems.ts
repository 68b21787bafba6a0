import type { AlertmanagerReader } from '../clients/alertmanager/reader.ts';
import type { GrafanaReader } from '../clients/grafana/reader.ts';
import type { LokiReader } from '../clients/loki/reader.ts';
import type { PrometheusReader } from '../clients/prometheus/reader.ts';
import type { VmalertReader } from '../clients/prometheus/vmalert.ts';
import type { RuleFilesReader } from '../clients/rule-files/reader.ts';
import type { SystemName } from '../core/system-names.ts';
import type { ScheduleReader } from '../store/schedule-reader.ts';
import type { BackupSystem } from './backup-system.ts';
import type { DataSystem } from './data-system.ts';

/**
 * What of an environment is beside its cluster, for one call: each function hands out a reader that carries the call's
 * signal, and sends nothing by itself. @throws VigieError NOT_CONFIGURED where the environment has no such system, SECRET
 */
export interface Systems {
  /** Those that vigie.yaml names here: whoever can do without one asks this first. */
  readonly configured: ReadonlySet<SystemName>;
  /** Objectives of services by their name, as they stand under metrics.slos; empty where none are. */
  readonly slos: ReadonlyMap<string, Slo>;
  /** Where metrics_rule writes; undefined where metrics.rules names nothing. */
  readonly rules: RulesPlace | undefined;
  /** Where rules are files of a folder. */
  ruleFiles(): Promise<RuleFilesReader>;
  prometheus(): Promise<PrometheusReader>;
  vmalert(): Promise<VmalertReader>;
  alertmanager(): Promise<AlertmanagerReader>;
  grafana(): Promise<GrafanaReader>;
  loki(): Promise<LokiReader>;
  backups(): Promise<BackupSystem>;
  data(): Promise<DataSystem>;
  /** What is done by itself on an approval; opens the store. @throws VigieError STORE */
  schedules(): Promise<ScheduleReader>;
}

/** Files of one folder, or resources of one namespace. */
export type RulesPlace =
  | { in: 'directory'; directory: string }
  | { in: 'resources'; resource: 'PrometheusRule' | 'VMRule'; namespace: string };

/** How good a service is to be, and what tells. */
export interface Slo {
  /** Percent of all events that are to be good: 99.9. */
  objective: number;
  windowSeconds: number;
  /** PromQL in which $window stands for a duration: how many good events there were, of how many. */
  good: string;
  total: string;
}

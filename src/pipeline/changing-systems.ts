import type { AlertmanagerWriter } from '../clients/alertmanager/writer.ts';
import type { GrafanaWriter } from '../clients/grafana/writer.ts';
import type { PrometheusWriter } from '../clients/prometheus/writer.ts';
import type { RuleFilesWriter } from '../clients/rule-files/writer.ts';
import type { Schedules } from '../store/schedules.ts';
import type { Systems } from '../toolkit/systems.ts';

/** The systems of an environment for a change: with what may write to them. Not built in read-only mode. @throws as Systems */
export interface ChangingSystems extends Systems {
  alertmanagerWriter(): Promise<AlertmanagerWriter>;
  grafanaWriter(): Promise<GrafanaWriter>;
  /** Of whoever evaluates the rules: see ruleEvaluator. */
  ruleReloader(): Promise<PrometheusWriter>;
  ruleFilesWriter(): Promise<RuleFilesWriter>;
  /** Schedules with what was approved, and what sets them. */
  schedulesWriter(): Promise<Schedules>;
}

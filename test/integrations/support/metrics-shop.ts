import { AlertmanagerReader } from '../../../src/clients/alertmanager/reader.ts';
import { PrometheusReader } from '../../../src/clients/prometheus/reader.ts';
import type { Slo, Systems } from '../../../src/toolkit/systems.ts';
import { openShop, type Shop } from '../../tools/small-shop.ts';
import { endpointTo } from './endpoint-to.ts';

/** A small shop whose metrics are at the URLs; its tools are called as the pipeline does. */
export async function openMetricsShop({
  prometheus,
  alertmanager,
  slos = {},
  proof,
  now,
  mask,
}: {
  prometheus: string;
  alertmanager?: string;
  slos?: Readonly<Record<string, Slo>>;
  proof?: Readonly<Record<string, string>>;
  /** Our clock. Absent: this machine's. */
  now?: Date;
  mask?: (text: string) => string;
}): Promise<Shop> {
  const { signal } = new AbortController();
  const missing = () => {
    throw new Error('not in this test');
  };
  const systems: Systems = {
    configured: new Set(alertmanager === undefined ? ['prometheus'] : ['prometheus', 'alertmanager']),
    slos: new Map(Object.entries(slos)),
    prometheus: async () => new PrometheusReader(endpointTo(prometheus, proof), { signal }),
    alertmanager: async () => new AlertmanagerReader(endpointTo(alertmanager ?? ''), { signal }),
    rules: undefined,
    ruleFiles: missing,
    vmalert: missing,
    data: missing,
    schedules: missing,
    grafana: missing,
    loki: missing,
    backups: missing,
  };
  return openShop({
    context: {
      systems,
      ...(now === undefined ? {} : { now }),
      ...(mask === undefined ? {} : { mask }),
    },
  });
}

import { afterEach, expect, test } from 'vitest';
import { AlertmanagerReader } from '../../src/clients/alertmanager/reader.ts';
import { AlertmanagerWriter } from '../../src/clients/alertmanager/writer.ts';
import { GrafanaReader } from '../../src/clients/grafana/reader.ts';
import { labelInPath } from '../../src/clients/prometheus/labels.ts';
import { PrometheusReader } from '../../src/clients/prometheus/reader.ts';
import { DirectEndpoint } from '../../src/http/direct-endpoint.ts';
import { startWire, type Wire } from '../support/wire.ts';

const open: Wire[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(wire => wire.close()));
});

const { signal } = new AbortController();
const within = { fromSeconds: 0, toSeconds: 1 };

async function wireAndEndpoint(body = '{}') {
  const wire = await startWire(({ response }) => void response.end(body));
  open.push(wire);
  const url = new URL(`${wire.url}/prom`);
  return { wire, endpoint: new DirectEndpoint({ url, userAgent: 'vigie/test', proof: async () => ({}) }) };
}

const outward = ['../../../-/quit', '..', '..%2F..%2F-/quit', '..\\x'];

test.each(outward)('no client lets a name such as %j lead to another path', async name => {
  const { wire, endpoint } = await wireAndEndpoint();
  const refused = { code: 'INVALID_INPUT' };
  await expect(new AlertmanagerReader(endpoint, { signal }).silence(name)).rejects.toMatchObject(refused);
  await expect(new AlertmanagerWriter(endpoint, { signal }).expire(name)).rejects.toMatchObject(refused);
  await expect(new GrafanaReader(endpoint, { signal }).dashboard(name)).rejects.toMatchObject(refused);
  expect(wire.seen).toEqual([]);
});

test('the name of a label that a server made up stays one part of the path', async () => {
  const { wire, endpoint } = await wireAndEndpoint('{"status":"success","data":[]}');
  const reader = new PrometheusReader(endpoint, { signal });
  for (const label of ['../../-/quit', 'app/name', 'job', 'http.status'])
    expect(await reader.labelValues(label, within)).toEqual([]);
  expect(wire.seen.map(({ path }) => path.split('?')[0])).toEqual([
    '/prom/api/v1/label/U___2e__2e__2f__2e__2e__2f__2d__2f_quit/values',
    '/prom/api/v1/label/U__app_2f_name/values',
    '/prom/api/v1/label/job/values',
    '/prom/api/v1/label/http.status/values',
  ]);
  expect(labelInPath('a_b/c')).toBe('U__a__b_2f_c');
});

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Config, loadConfig } from '../../../src/config/config.ts';
import { guardedPaths } from '../../../src/config/separation/guarded-paths.ts';
import { place as placeFile, temporaryFolder } from '../temporary-folder.ts';

async function load(text: string): Promise<Config> {
  const folder = await temporaryFolder();
  const file = await placeFile(join(folder, 'vigie.yaml'), text);
  return loadConfig({ file, env: { HOME: folder }, systemFolder: join(folder, 'etc') });
}

async function refusal(text: string): Promise<string> {
  const error: unknown = await load(text).then(
    () => expect.unreachable(),
    (refused: unknown) => refused,
  );
  expect(error).toMatchObject({ code: 'INVALID_CONFIG' });
  return (error as Error).message.replace(/^.*vigie\.yaml:/, '');
}

/** An environment of these sections alone. */
function place(sections: string): string {
  return `environments:\n  prod:\n${sections.replace(/^(?=.)/gm, '    ')}\n`;
}

const whole = `
kube: {context: prod}
secrets: {grafana: "env:GRAFANA_TOKEN"}
metrics:
  prometheus: http://127.0.0.1:9090/prom
  alertmanager:
    service: {namespace: monitoring, name: alertmanager, port: 9093}
    basePath: /am
  grafana: {url: "https://grafana.example.com", token: grafana, ca: /etc/ssl/ours.pem}
  rules: {resource: VMRule, namespace: monitoring}
  slos:
    checkout: {objective: 99.9, window: 30d, good: "rate(good[$window])", total: "rate(all[$window])"}
logs:
  loki: {url: "https://loki.example.com", user: vigie, password: "file:/etc/vigie/loki", tenant: shop}
`;

describe('what an environment has beside its cluster', () => {
  test('is read with its credentials as references, by alias or written out', async () => {
    const [prod] = (await load(place(whole))).environments;
    expect(prod?.cluster).toMatchObject({ kind: 'kube' });
    const { metrics, logs } = prod?.integrations ?? {};
    expect(metrics).toMatchObject({
      prometheus: { via: 'url', url: 'http://127.0.0.1:9090/prom', proof: { how: 'none' } },
      alertmanager: {
        via: 'service',
        namespace: 'monitoring',
        name: 'alertmanager',
        port: '9093',
        scheme: 'http',
        base: ['am'],
      },
      grafana: {
        via: 'url',
        caFile: '/etc/ssl/ours.pem',
        proof: { how: 'token', token: { source: 'env', locator: 'GRAFANA_TOKEN' } },
      },
      rules: { in: 'resources', resource: 'VMRule', namespace: 'monitoring' },
    });
    expect(metrics?.slos.get('checkout')).toEqual({
      objective: 99.9,
      windowSeconds: 30 * 24 * 3600,
      good: 'rate(good[$window])',
      total: 'rate(all[$window])',
    });
    expect(logs).toMatchObject({
      loki: {
        via: 'url',
        tenant: 'shop',
        proof: { how: 'password', user: 'vigie', password: { source: 'file', locator: '/etc/vigie/loki' } },
      },
    });
  });

  test('is enough without a cluster', async () => {
    const [prod] = (await load(place('metrics: {prometheus: "https://prometheus.example.com"}')))
      .environments;
    expect(prod).toMatchObject({ cluster: { kind: 'none' }, clusterScoped: false });
  });

  test('counts for the policy where it leads somewhere, and not where it says what is good', async () => {
    const [plain, again, other, objective, none] = await Promise.all([
      load(place(whole)),
      load(place(whole)),
      load(place(whole.replace('loki.example.com', 'loki.example.net'))),
      load(place(whole.replace('99.9', '99.5'))),
      load(place('kube: {context: prod}')),
    ]);
    expect(again.hash).toBe(plain.hash);
    expect(other.hash).not.toBe(plain.hash);
    expect(objective.hash).toBe(plain.hash);
    expect(none.hash).not.toBe(plain.hash);
  });

  test('leaves what was accepted without any accepted', async () => {
    // As it was before an environment could have any.
    const { hash } = await load('environments: {prod: {sandbox: {}}}\n');
    expect(hash).toBe('af1986dc2d01af56226e0168539013bb77f14545e84f98b1758924bd27376a2a');
  });

  test('is watched where its credentials lie', async () => {
    const config = await load(place(whole));
    const paths = await guardedPaths({ config, program: [], env: {} });
    expect(paths).toContainEqual({
      what: 'logs.loki.proof.password of prod',
      path: '/etc/vigie/loki',
      against: 'reading',
    });
    expect(paths).toContainEqual({
      what: 'metrics.grafana.caFile of prod',
      path: '/etc/ssl/ours.pem',
      against: 'writing',
    });
  });
});

describe('a mistake in it is told with its place', () => {
  test.each([
    ['a misspelt key', 'metrics: {promtheus: "https://x.example"}', 'did you mean prometheus?'],
    [
      'a key of an endpoint',
      'metrics: {prometheus: {url: "https://x.example", tokn: "env:A"}}',
      'there is no key tokn (did you mean token',
    ],
    [
      'a key of an objective',
      'metrics: {slos: {a: {objectiv: 99}}}',
      'there is no key objectiv (did you mean objective?)',
    ],
    [
      'a key one level too high',
      'prometheus: "https://x.example"\nmetrics: {}',
      'there is no key prometheus here; it belongs under metrics',
    ],
    ['http', 'logs: {loki: "http://loki.example.com"}', 'insecureHttp: true'],
    ['another scheme', 'logs: {loki: "ftp://loki.example.com"}', 'must be a URL of https or http'],
    ['a query', 'logs: {loki: "https://loki.example.com/?token=1"}', 'no query'],
    [
      'both ways',
      'logs: {loki: {url: "https://x.example", service: {namespace: m, name: l, port: 1}}}',
      'never both',
    ],
    ['no way', 'logs: {loki: {tenant: a}}', 'needs url, or service'],
    [
      'a tenant for a service',
      'logs: {loki: {service: {namespace: m, name: l, port: 1}, tenant: a}}',
      'is not sent through the API server; name a url',
    ],
    [
      'a token for a service',
      'logs: {loki: {service: {namespace: m, name: l, port: 1}, token: "env:A"}}',
      'which keeps that for itself',
    ],
    [
      'a base that climbs',
      'logs: {loki: {service: {namespace: m, name: l, port: 1}, basePath: /a/..}}',
      'must be like /prometheus',
    ],
    ['a user alone', 'logs: {loki: {url: "https://x.example", user: a}}', 'needs both'],
    [
      'a token and a user',
      'logs: {loki: {url: "https://x.example", user: a, token: "env:A"}}',
      'cannot go with',
    ],
    [
      'an objective of 100',
      'metrics: {slos: {a: {objective: 100, window: 30d, good: "a[$window]", total: "b[$window]"}}}',
      'Too big',
    ],
    [
      'a query without its window',
      'metrics: {slos: {a: {objective: 99, window: 30d, good: "a", total: "b[$window]"}}}',
      'must hold $window',
    ],
    ['rules in two places', 'metrics: {rules: {directory: /etc/rules, namespace: a}}', 'cannot go with'],
  ])('%s', async (_what, sections, problem) => {
    expect(await refusal(place(`kube: {context: prod}\n${sections}`))).toContain(problem);
  });

  test.each([
    [
      'a password in a URL',
      'logs: {loki: "https://vigie:hunter2@loki.example.com"}',
      'write user and password',
    ],
    [
      'a token that is the value',
      'logs: {loki: {url: "https://x.example", token: hunter2}}',
      'never the value itself',
    ],
    [
      'a password that is the value',
      'logs: {loki: {url: "https://x.example", user: a, password: hunter2}}',
      'a name that stands under secrets',
    ],
  ])('and %s is not repeated', async (_what, sections, problem) => {
    const message = await refusal(place(sections));
    expect(message).toContain(problem);
    expect(message).not.toContain('hunter2');
  });
});

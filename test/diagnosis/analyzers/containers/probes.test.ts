import { describe, expect, test } from 'vitest';
import { probesAnalyzer } from '../../../../src/diagnosis/analyzers/containers/probes.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import type { KubeObject } from '../../../../src/kubernetes/object.ts';
import {
  ago,
  brokenWeb,
  crashing,
  earlierWeb,
  eventOf,
  object,
  snapshotWith,
} from '../../../support/broken-workload.ts';

const withProbe = (probe: object, ports: object[] = [{ name: 'http', containerPort: 8080 }]) => ({
  containers: [{ name: 'main', image: 'shop/web:2', ports, ...probe }],
});
const http = (more: object) => ({ httpGet: { path: '/healthz', port: 8080, ...more } });

/** Running for so many seconds, not ready. */
const unready = (seconds = 900) => ({
  containerStatuses: [
    {
      name: 'main',
      ready: false,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: ago(seconds) } },
    },
  ],
});
const killed = { containerStatuses: [crashing({ exitCode: 137 })] };
const drafts = (spec: object, podStatus: object | undefined, more: KubeObject[] = [], rest = {}) =>
  probesAnalyzer.analyze(
    snapshotWith([...brokenWeb(spec, podStatus === undefined ? {} : { podStatus }), ...more], rest),
  );

describe('from the spec alone', () => {
  test('a port name that the container does not declare is found, and its only port proposed', () => {
    expect(drafts(withProbe({ readinessProbe: http({ port: 'web' }) }), undefined)).toMatchObject([
      {
        code: 'PROBE_PORT_UNKNOWN',
        severity: 'critical',
        fixes: [
          {
            arguments: {
              patch:
                '[{"op":"add","path":"/spec/template/spec/containers/0/readinessProbe/httpGet/port","value":8080}]',
            },
          },
        ],
      },
    ]);
  });

  test('a declared name, a number as text and a port of another container are well', () => {
    expect(
      drafts(
        withProbe({ readinessProbe: http({ port: 'http' }), livenessProbe: http({ port: '8080' }) }),
        undefined,
      ),
    ).toEqual([]);
    const two = {
      containers: [
        ...withProbe({ readinessProbe: http({ port: 15021 }) }).containers,
        { name: 'mesh', image: 'a', ports: [{ containerPort: 15021 }] },
      ],
    };
    expect(drafts(two, undefined)).toEqual([]);
  });

  test('an undeclared number is only possible while no kubelet has tried it, and nothing once pods serve', () => {
    const spec = withProbe({ readinessProbe: http({ port: 9090 }) });
    const status = { readyReplicas: 2 };
    const web = brokenWeb(spec);
    const [deployment, set] = web;
    if (deployment === undefined || set === undefined) throw new Error('no workload');
    const { status: _status, ...bare } = deployment;
    expect(probesAnalyzer.analyze(snapshotWith([bare, set]))).toMatchObject([
      { code: 'PROBE_WRONG_PORT', severity: 'warning', confidence: 'possible' },
    ]);
    expect(probesAnalyzer.analyze(snapshotWith(brokenWeb(spec, { status })))).toEqual([]);
  });
});

describe('as the kubelet tells it', () => {
  test.each([
    ['HTTP probe failed with statuscode: 404', 'PROBE_WRONG_PATH'],
    ['HTTP probe failed with statuscode: 401', 'PROBE_WRONG_PATH'],
    ['HTTP probe failed with statuscode: 503', 'PROBE_FAILS'],
    ['HTTP probe failed with statuscode: 400', 'PROBE_WRONG_SCHEME'],
    [
      'Get "http://10.0.0.1:8080/healthz": net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01\\x00\\x02"',
      'PROBE_WRONG_SCHEME',
    ],
    [
      'Get "https://10.0.0.1:8080/healthz": http: server gave HTTP response to HTTPS client',
      'PROBE_WRONG_SCHEME',
    ],
    [
      'Get "http://10.0.0.1:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      'PROBE_TIMES_OUT',
    ],
    ['dial tcp 10.0.0.1:8080: connect: connection refused', 'PROBE_FAILS'],
  ])('readiness: %s', (text, code) => {
    const event = eventOf('Unhealthy', `Readiness probe failed: ${text}`);
    expect(drafts(withProbe({ readinessProbe: http({}) }), unready(), [event])).toMatchObject([
      { code, object: { kind: 'Deployment', name: 'web' } },
    ]);
  });

  test('refused on a port that is not declared, it is the port', () => {
    const event = eventOf(
      'Unhealthy',
      'Readiness probe failed: Get "http://10.0.0.1:9090/": dial tcp 10.0.0.1:9090: connect: connection refused',
    );
    expect(
      drafts(
        withProbe({ readinessProbe: http({ port: 9090 }), livenessProbe: http({ port: 9090 }) }),
        unready(),
        [event],
      ),
    ).toMatchObject([
      {
        code: 'PROBE_WRONG_PORT',
        fixes: [{ arguments: { patch: expect.stringMatching(/livenessProbe.*8080.*readinessProbe.*8080/) } }],
      },
    ]);
  });

  const malformed = 'Readiness probe failed: Get "http://10.0.0.1:8443/": malformed HTTP response';
  const served = 'Readiness probe failed: Get "https://a/": http: server gave HTTP response to HTTPS client';

  test.each<[string, object[], number, string, string[]]>([
    ['a port called https', [{ name: 'https', containerPort: 9000 }], 9000, malformed, ['HTTPS']],
    ['a port that is 8443', [{ containerPort: 8443 }], 8443, malformed, ['HTTPS']],
    ['a port called http', [{ name: 'http', containerPort: 9000 }], 9000, served, ['HTTP']],
    ['a port that nothing tells of', [{ containerPort: 9000 }], 9000, malformed, []],
    ['a port that says the opposite', [{ name: 'http', containerPort: 8443 }], 8443, malformed, []],
  ])('the scheme is mended where the workload says so, too: %s', (_what, ports, port, text, schemes) => {
    const event = eventOf('Unhealthy', text);
    const [found] = drafts(withProbe({ readinessProbe: http({ port }) }, ports), unready(), [event]);
    expect(found?.code).toBe('PROBE_WRONG_SCHEME');
    expect(
      found?.fixes.map(
        ({ arguments: { patch = '' } }) => /\\"value\\":\\"(HTTPS?)\\"/.exec(JSON.stringify(patch))?.[1],
      ),
    ).toEqual(schemes);
  });

  test.each([
    ['another program', { reportingComponent: 'mine' }],
    ['another node', { source: { component: 'kubelet', host: 'n2' } }],
  ])('words of %s than the kubelet of its pod say nothing of a probe', (_what, from) => {
    const event = { ...eventOf('Unhealthy', malformed), ...from };
    const found = drafts(withProbe({ readinessProbe: http({}) }), unready(), [event]);
    expect(found.map(({ code }) => code)).not.toContain('PROBE_WRONG_SCHEME');
    const own = { ...event, reportingComponent: 'kubelet', source: { component: 'kubelet', host: 'n1' } };
    expect(drafts(withProbe({ readinessProbe: http({}) }), unready(), [own])).toMatchObject([
      { code: 'PROBE_WRONG_SCHEME' },
    ]);
  });

  test('a program that says where it listens is believed where no port is declared, and asked about', () => {
    const killing = eventOf('Killing', 'Container main failed liveness probe, will be restarted');
    const refused = eventOf(
      'Unhealthy',
      'Liveness probe failed: dial tcp 10.0.0.1:8081: connect: connection refused',
    );
    const logs = new Map([
      ['shop/web-2-abcde/main', { lines: ['listening on 0.0.0.0:8080'], previous: true }],
    ]);
    const found = drafts(withProbe({ livenessProbe: http({ port: 8081 }) }, []), killed, [killing, refused], {
      logs,
    });
    expect(found).toMatchObject([
      { code: 'PROBE_WRONG_PORT', fixes: [], summary: expect.stringContaining('8080') },
    ]);
  });

  test('killed before it listens, it had too little time', () => {
    const killing = eventOf('Killing', 'Container main failed startup probe, will be restarted');
    const refused = eventOf(
      'Unhealthy',
      'Startup probe failed: dial tcp 10.0.0.1:8080: connect: connection refused',
    );
    const { findings } = diagnose(
      snapshotWith([
        ...brokenWeb(withProbe({ startupProbe: http({}) }), { podStatus: killed }),
        killing,
        refused,
      ]),
    );
    expect(findings.map(({ code }) => code)).toEqual(['PROBE_TOO_EARLY']);
  });

  test('an exec probe whose command is not there', () => {
    const event = eventOf(
      'Unhealthy',
      'Readiness probe errored and resulted in unknown state: rpc error: exec: "pg_isready": executable file not found in $PATH',
    );
    expect(
      drafts(withProbe({ readinessProbe: { exec: { command: ['pg_isready'] } } }), unready(), [event]),
    ).toMatchObject([{ code: 'PROBE_COMMAND_MISSING' }]);
  });
});

describe('no finding', () => {
  const readiness = { readinessProbe: http({}) };
  test.each([
    [
      'a program that starts',
      withProbe(readiness),
      unready(60),
      [eventOf('Unhealthy', 'Readiness probe failed: dial tcp 10.0.0.1:8080: connect: connection refused')],
    ],
    ['unready without a word yet', withProbe(readiness), unready(300), []],
    [
      'while the startup probe still asks',
      withProbe({ ...readiness, startupProbe: http({}) }),
      {
        containerStatuses: [
          {
            name: 'main',
            ready: false,
            started: false,
            restartCount: 0,
            state: { running: { startedAt: ago(900) } },
          },
        ],
      },
      [],
    ],
    [
      'a refusal of one that is ready',
      withProbe(readiness),
      {
        containerStatuses: [
          { name: 'main', ready: true, restartCount: 0, state: { running: { startedAt: ago(900) } } },
        ],
      },
      [eventOf('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 404')],
    ],
  ])('%s', (_, spec, status, events) => {
    expect(drafts(spec, status, events)).toEqual([]);
  });
});

test('unready for long without an event is still told', () => {
  expect(drafts(withProbe({ readinessProbe: http({}) }), unready(1_200))).toMatchObject([
    { code: 'PROBE_FAILS', evidence: [expect.any(String), expect.stringContaining('ready: false')] },
  ]);
});

test('a program that is not well folds under the Service that its settings name', () => {
  const db = object('v1', 'Service', {
    metadata: { name: 'db', namespace: 'shop' },
    spec: { selector: { app: 'db' }, ports: [{ port: 5432 }] },
  });
  const spec = withProbe({
    readinessProbe: http({}),
    env: [{ name: 'DATABASE_URL', value: 'postgres://db:5432/shop' }],
  });
  const event = eventOf('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503');
  expect(drafts(spec, unready(), [db, event])).toMatchObject([
    { code: 'PROBE_FAILS', dependsOn: [{ kind: 'Service', name: 'db' }] },
  ]);
});

test('a revision before whose probe was another and which serves is the way back', () => {
  const event = eventOf('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 404');
  const fixes = (path: string) =>
    drafts(withProbe({ readinessProbe: http({ path: '/ready' }) }), unready(), [
      event,
      earlierWeb(withProbe({ readinessProbe: http({ path }) }), 2),
    ])[0]?.fixes.length;
  expect(fixes('/healthz')).toBe(1);
  expect(fixes('/ready')).toBe(0);
});

import { describe, expect, test } from 'vitest';
import { imagePullsAnalyzer } from '../../../../src/diagnosis/analyzers/containers/image-pulls.ts';
import { diagnose } from '../../../../src/diagnosis/diagnose.ts';
import type { KubeObject } from '../../../../src/kubernetes/object.ts';
import { brokenWeb, earlierWeb, eventOf, snapshotWith } from '../../../support/broken-workload.ts';

const waiting = (message: string, reason = 'ImagePullBackOff', image = 'shop/web:2') => ({
  phase: 'Pending',
  containerStatuses: [
    { name: 'main', image, ready: false, restartCount: 0, state: { waiting: { reason, message } } },
  ],
});
const drafts = (
  podStatus: object | undefined,
  { spec = {}, more = [] }: { spec?: object; more?: KubeObject[] } = {},
) =>
  imagePullsAnalyzer.analyze(
    snapshotWith([...brokenWeb(spec, podStatus === undefined ? {} : { podStatus }), ...more]),
  );

test.each([
  ['failed to resolve reference "shop/web:2": shop/web:2: not found', 'IMAGE_NOT_FOUND'],
  ['manifest unknown: manifest unknown', 'IMAGE_NOT_FOUND'],
  [
    'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
    'IMAGE_PULL_DENIED',
  ],
  [
    'failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized',
    'IMAGE_PULL_DENIED',
  ],
  ['toomanyrequests: You have reached your pull rate limit. 429 Too Many Requests', 'PULL_RATE_LIMITED'],
  [
    'failed to do request: Head "https://registry.test/v2/a": dial tcp: lookup registry.test: no such host',
    'REGISTRY_UNREACHABLE',
  ],
  ['dial tcp 10.0.0.9:443: i/o timeout', 'REGISTRY_UNREACHABLE'],
  ['x509: certificate signed by unknown authority', 'REGISTRY_UNREACHABLE'],
  ['no match for platform in manifest: not found', 'IMAGE_WRONG_PLATFORM'],
  ['what no runtime said before', 'IMAGE_PULL_FAILED'],
])('%s', (message, code) => {
  const said = `Back-off pulling image "shop/web:2": ErrImagePull: rpc error: code = Unknown desc = failed to pull and unpack image "shop/web:2": ${message}`;
  expect(drafts(waiting(said))).toMatchObject([
    { code, severity: 'critical', object: { kind: 'Deployment', name: 'web' } },
  ]);
});

test('an older kubelet that says only that it backs off has told the cause in an event', () => {
  const event = eventOf(
    'Failed',
    'Failed to pull image "shop/web:2": rpc error: code = NotFound desc = shop/web:2: not found',
  );
  expect(drafts(waiting('Back-off pulling image "shop/web:2"'), { more: [event] })).toMatchObject([
    { code: 'IMAGE_NOT_FOUND' },
  ]);
});

test('a pull that takes long is none', () => {
  expect(
    drafts(waiting('', 'ContainerCreating'), { more: [eventOf('Pulling', 'Pulling image "shop/web:2"')] }),
  ).toEqual([]);
});

test('a registry that fails a young pod for a moment is none, a tag that is not there is at once', () => {
  const young = (message: string) =>
    imagePullsAnalyzer.analyze(
      snapshotWith(
        brokenWeb(
          {},
          { pod: { creationTimestamp: '2026-11-21T11:59:50Z' }, podStatus: waiting(message, 'ErrImagePull') },
        ),
      ),
    );
  expect(young('dial tcp: i/o timeout')).toEqual([]);
  expect(young('shop/web:2: not found')).toMatchObject([{ code: 'IMAGE_NOT_FOUND' }]);
});

test('a name that is no reference is found from the spec alone', () => {
  expect(drafts(undefined, { spec: { containers: [{ name: 'main', image: 'Shop/Web:2' }] } })).toMatchObject([
    { code: 'IMAGE_NAME_INVALID', fixes: [] },
  ]);
});

test('one registry that is down is one finding, whoever waits for it', () => {
  const down = waiting('dial tcp 10.0.0.9:443: connect: connection refused');
  const all = ['a', 'b', 'c'].flatMap(name => brokenWeb({}, { podStatus: down, name }));
  const { findings } = diagnose(snapshotWith(all));
  expect(findings.map(({ code }) => code)).toEqual(['REGISTRY_UNREACHABLE']);
  expect(findings[0]?.summary).toContain('2 more');
});

describe('credentials', () => {
  const spec = { imagePullSecrets: [{ name: 'registry' }] };
  const denied = waiting('pull access denied, repository does not exist or may require authorization');

  test('a Secret that is named and not there is the cause', () => {
    expect(drafts(denied, { spec })).toMatchObject([
      { code: 'PULL_SECRET_MISSING', severity: 'critical', object: { kind: 'Secret', name: 'registry' } },
    ]);
  });

  test('where the image came without it, it is a note; where nothing has run yet, a warning', () => {
    const running = {
      containerStatuses: [
        { name: 'main', imageID: 'sha256:1', ready: true, restartCount: 0, state: { running: {} } },
      ],
    };
    expect(drafts(running, { spec })).toMatchObject([{ severity: 'note' }]);
    expect(drafts(undefined, { spec })).toMatchObject([{ severity: 'warning' }]);
  });
});

test('the revision before is the way back only where it has another image and serves', () => {
  const gone = waiting('shop/web:2: not found');
  expect(drafts(gone, { more: [earlierWeb({}, 2)] })[0]?.fixes).toMatchObject([
    { tool: 'k8s_rollout', arguments: { action: 'undo', toRevision: 1 } },
  ]);
  expect(drafts(gone, { more: [earlierWeb({}, 0)] })[0]?.fixes).toEqual([]);
  const same = earlierWeb({ containers: [{ name: 'main', image: 'shop/web:2' }] }, 2);
  expect(drafts(gone, { more: [same] })[0]?.fixes).toEqual([]);
});

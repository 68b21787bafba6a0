import { expect, test } from 'vitest';
import { containerStartsAnalyzer } from '../../../../src/diagnosis/analyzers/containers/container-starts.ts';
import { crashLoopsAnalyzer } from '../../../../src/diagnosis/analyzers/containers/crash-loops.ts';
import { evictionsAnalyzer } from '../../../../src/diagnosis/analyzers/containers/evictions.ts';
import { imagePullsAnalyzer } from '../../../../src/diagnosis/analyzers/containers/image-pulls.ts';
import { initContainersAnalyzer } from '../../../../src/diagnosis/analyzers/containers/init-containers.ts';
import { missingConfigAnalyzer } from '../../../../src/diagnosis/analyzers/containers/missing-config.ts';
import { outOfMemoryAnalyzer } from '../../../../src/diagnosis/analyzers/containers/out-of-memory.ts';
import { probesAnalyzer } from '../../../../src/diagnosis/analyzers/containers/probes.ts';
import { stuckDeletionsAnalyzer } from '../../../../src/diagnosis/analyzers/workloads/stuck-deletions.ts';
import { fold } from '../../../../src/diagnosis/fold.ts';
import { brokenWeb, eventOf, snapshotWith } from '../../../support/broken-workload.ts';
import { fc } from '../../../support/properties.ts';

const all = [
  containerStartsAnalyzer,
  crashLoopsAnalyzer,
  evictionsAnalyzer,
  imagePullsAnalyzer,
  initContainersAnalyzer,
  missingConfigAnalyzer,
  outOfMemoryAnalyzer,
  probesAnalyzer,
  stuckDeletionsAnalyzer,
];

// Words that anybody can write into a cluster, and those that kubelets write.
const words = fc.oneof(
  fc.string({ maxLength: 300, unit: 'binary' }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '(a+)+$',
    '${x}',
    '\u001b[2J',
    '',
    'a'.repeat(5_000),
  ),
  fc.constantFrom(
    'secret "a\nb" not found',
    'exec: "$(rm)": executable file not found in $PATH',
    'HTTP probe failed with statuscode: 404',
    'dial tcp __proto__:99999999: connect: connection refused',
    'The node was low on resource: memory. ',
    'lookup .. on 10.0.0.1: no such host',
    'not found',
  ),
);
const times = fc.constantFrom(
  '2026-11-21T11:00:00Z',
  '2026-11-21T13:00:00+05:30',
  '2099-01-01T00:00:00Z',
  '1970-01-01T00:00:00Z',
  'never',
  '',
);
const reasons = fc.oneof(
  words,
  fc.constantFrom(
    'CrashLoopBackOff',
    'ImagePullBackOff',
    'ErrImagePull',
    'RunContainerError',
    'CreateContainerConfigError',
    'OOMKilled',
    'StartError',
    'Evicted',
  ),
);
const ended = fc.record({
  exitCode: fc.constantFrom(-1, 0, 1, 2, 126, 137, 139, 143, 99_999),
  reason: reasons,
  message: words,
  startedAt: times,
  finishedAt: times,
});
const state = fc.oneof(
  fc.record({ waiting: fc.record({ reason: reasons, message: words }) }),
  fc.record({ running: fc.record({ startedAt: times }) }),
  fc.record({ terminated: ended }),
  fc.constant({}),
);
const status = fc.record({
  name: fc.constantFrom('main', '__proto__'),
  ready: fc.boolean(),
  restartCount: fc.nat(50),
  state,
  lastState: fc.oneof(fc.constant({}), fc.record({ terminated: ended })),
});
const probe = fc.record({
  httpGet: fc.record({ port: fc.oneof(words, fc.integer()), path: words, scheme: words, unheardOf: words }),
});
const container = fc.record({
  name: fc.constantFrom('main', '__proto__'),
  image: words,
  command: fc.array(words, { maxLength: 3 }),
  env: fc.array(
    fc.record({
      name: words,
      value: words,
      valueFrom: fc.record({ secretKeyRef: fc.record({ name: words, key: words }) }),
    }),
    { maxLength: 3 },
  ),
  readinessProbe: probe,
  livenessProbe: probe,
});
const events = fc.array(
  fc.tuple(
    fc.constantFrom(
      'Unhealthy',
      'Killing',
      'Failed',
      'FailedMount',
      'FailedCreatePodSandBox',
      'FailedPostStartHook',
      'Preempted',
    ),
    words,
    fc.integer({ min: -9_000, max: 9_000 }),
  ),
  { maxLength: 5 },
);

test('whatever pods, kubelets and programs say, every finding is bounded and nothing throws', () => {
  fc.assert(
    fc.property(
      fc.record({
        containers: fc.array(container, { minLength: 1, maxLength: 3 }),
        initContainers: fc.array(container, { maxLength: 2 }),
      }),
      fc.record({
        phase: fc.constantFrom('Pending', 'Running', 'Failed', 'Unheard of'),
        reason: reasons,
        message: words,
        containerStatuses: fc.array(status, { maxLength: 3 }),
        initContainerStatuses: fc.array(status, { maxLength: 2 }),
      }),
      fc.record({
        creationTimestamp: times,
        deletionTimestamp: fc.option(times, { nil: undefined }),
        finalizers: fc.array(words, { maxLength: 2 }),
      }),
      events,
      fc.array(words, { maxLength: 20 }),
      (spec, podStatus, pod, told, lines) => {
        const logs = new Map([['shop/web-2-abcde/main', { lines, previous: true }]]);
        const objects = [
          ...brokenWeb(spec, { podStatus, pod }),
          ...told.map(([reason, message, seconds]) => eventOf(reason, message, { seconds })),
        ];
        const snapshot = snapshotWith(objects, { logs });
        const drafts = all.flatMap(analyzer => analyzer.analyze(snapshot));
        for (const draft of drafts) expect(draft.evidence.length, draft.code).toBeLessThanOrEqual(4);
        for (const finding of fold(drafts, snapshot)) {
          expect(finding.summary, finding.code).not.toContain('\u001b');
          expect(Buffer.byteLength(JSON.stringify(finding)), finding.code).toBeLessThanOrEqual(1_200);
        }
      },
    ),
    { numRuns: 150 },
  );
});

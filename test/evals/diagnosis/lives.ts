import type { JsonObject } from '../../../src/core/json.ts';
import { objectsIn, textIn } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';

// How pods fare, in the words in which a kubelet and a scheduler write it.

export interface Told {
  reason: string;
  message: string;
  type?: 'Normal';
  count?: number;
  from?: string;
}

export interface Living {
  status: JsonObject;
  events: Told[];
  /** Of the first container, or of the init container that fails. */
  log?: { container: string; lines: string[]; previous: boolean };
  /** It has no node. */
  nowhere?: true;
}

interface Circumstances {
  nowMs: number;
  bornMs: number;
}

export type Life = (pod: KubeObject, at: Circumstances) => Living;

const minute = 60_000;
const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

function containersOf(pod: KubeObject, field = 'containers'): { name: string; image: string }[] {
  return objectsIn(pod.spec?.[field]).map(each => ({
    name: textIn(each['name']),
    image: textIn(each['image']),
  }));
}

function conditions(ready: boolean, atMs: number, reason = 'ContainersNotReady', names = ''): JsonObject[] {
  const time = iso(atMs);
  const not = ready ? {} : { reason, message: `containers with unready status: [${names}]` };
  const flag = ready ? 'True' : 'False';
  return [
    { type: 'PodReadyToStartContainers', status: 'True', lastProbeTime: null, lastTransitionTime: time },
    { type: 'Initialized', status: 'True', lastProbeTime: null, lastTransitionTime: time },
    { type: 'Ready', status: flag, ...not, lastProbeTime: null, lastTransitionTime: time },
    { type: 'ContainersReady', status: flag, ...not, lastProbeTime: null, lastTransitionTime: time },
    { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: time },
  ];
}

function container({ name, image }: { name: string; image: string }, more: JsonObject): JsonObject {
  return {
    name,
    image,
    imageID: `docker.io/${image}@sha256:${'ab'.repeat(32)}`,
    containerID: `containerd://${'cd'.repeat(32)}`,
    ready: false,
    restartCount: 0,
    started: false,
    lastState: {},
    ...more,
  };
}

function running(startedMs: number): JsonObject {
  return { running: { startedAt: iso(startedMs) } };
}

function started(pod: KubeObject, { bornMs }: Circumstances): JsonObject {
  const init = containersOf(pod, 'initContainers').map(each =>
    container(each, {
      ready: true,
      state: {
        terminated: {
          exitCode: 0,
          reason: 'Completed',
          startedAt: iso(bornMs),
          finishedAt: iso(bornMs + 4_000),
        },
      },
    }),
  );
  return {
    hostIP: '10.0.0.11',
    podIP: '10.244.1.7',
    podIPs: [{ ip: '10.244.1.7' }],
    qosClass: 'Burstable',
    startTime: iso(bornMs),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
  };
}

export const well: Life = (pod, at) => ({
  status: {
    phase: 'Running',
    ...started(pod, at),
    conditions: conditions(true, at.bornMs + 8_000),
    containerStatuses: containersOf(pod).map(each =>
      container(each, { ready: true, started: true, state: running(at.bornMs + 5_000) }),
    ),
  },
  events: [],
});

/** It was restarted some time ago, and does its work since. */
export function recovered({ restarts, agoMinutes }: { restarts: number; agoMinutes: number }): Life {
  return (pod, at) => {
    const upMs = at.nowMs - agoMinutes * minute;
    return {
      status: {
        phase: 'Running',
        ...started(pod, at),
        conditions: conditions(true, upMs + 8_000),
        containerStatuses: containersOf(pod).map(each =>
          container(each, {
            ready: true,
            started: true,
            restartCount: restarts,
            state: running(upMs),
            lastState: {
              terminated: {
                exitCode: 1,
                reason: 'Error',
                startedAt: iso(upMs - 9 * minute),
                finishedAt: iso(upMs - minute),
              },
            },
          }),
        ),
      },
      events: [],
    };
  };
}

export const completed: Life = (pod, at) => ({
  status: {
    phase: 'Succeeded',
    ...started(pod, at),
    conditions: conditions(false, at.bornMs + 30_000, 'PodCompleted'),
    containerStatuses: containersOf(pod).map(each =>
      container(each, {
        state: {
          terminated: {
            exitCode: 0,
            reason: 'Completed',
            startedAt: iso(at.bornMs + 3_000),
            finishedAt: iso(at.bornMs + 30_000),
          },
        },
      }),
    ),
  },
  events: [],
});

/** A container that is not started: ErrImagePull, CreateContainerConfigError, ContainerCreating. */
export function waits(reason: string, message: string, events: Told[] = []): Life {
  return (pod, at) => ({
    status: {
      phase: 'Pending',
      ...started(pod, at),
      conditions: conditions(
        false,
        at.bornMs,
        'ContainersNotReady',
        containersOf(pod)
          .map(({ name }) => name)
          .join(' '),
      ),
      containerStatuses: containersOf(pod).map((each, index) =>
        container(each, {
          imageID: '',
          containerID: '',
          state: {
            waiting: {
              reason: index === 0 ? reason : 'ContainerCreating',
              ...(message === '' ? {} : { message }),
            },
          },
        }),
      ),
    },
    events,
  });
}

/** An image that is not pulled, between two attempts. */
export function pullsNot(why: string): Life {
  return (pod, at) => {
    const image = containersOf(pod)[0]?.image ?? '';
    const message = `Back-off pulling image "${image}": ErrImagePull: ${why.replaceAll('IMAGE', image)}`;
    return waits('ImagePullBackOff', message, [
      { reason: 'Pulling', type: 'Normal', message: `Pulling image "${image}"`, count: 6 },
      {
        reason: 'Failed',
        message: `Failed to pull image "${image}": ${why.replaceAll('IMAGE', image)}`,
        count: 6,
      },
      { reason: 'Failed', message: 'Error: ErrImagePull', count: 6 },
      { reason: 'BackOff', type: 'Normal', message: `Back-off pulling image "${image}"`, count: 40 },
      { reason: 'Failed', message: 'Error: ImagePullBackOff', count: 40 },
    ])(pod, at);
  };
}

/** It ends again and again; `container`: which one, by its place. */
export function crashes(
  exitCode: number,
  {
    log = [],
    reason,
    which = 0,
    restarts = 9,
    says = [],
  }: { log?: string[]; reason?: string; which?: number; restarts?: number; says?: Told[] } = {},
): Life {
  return (pod, at) => {
    const all = containersOf(pod);
    const name = all[which]?.name ?? '';
    const endedMs = at.nowMs - 2 * minute;
    const shown = `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
    const backOff = `back-off 5m0s restarting failed container=${name} pod=${shown}`;
    return {
      status: {
        phase: 'Running',
        ...started(pod, at),
        conditions: conditions(false, at.bornMs, 'ContainersNotReady', name),
        containerStatuses: all.map((each, index) =>
          index === which
            ? container(each, {
                restartCount: restarts,
                state: { waiting: { reason: 'CrashLoopBackOff', message: backOff } },
                lastState: {
                  terminated: {
                    exitCode,
                    reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
                    startedAt: iso(endedMs - 3_000),
                    finishedAt: iso(endedMs),
                    containerID: `containerd://${'cd'.repeat(32)}`,
                  },
                },
              })
            : container(each, { ready: true, started: true, state: running(at.bornMs + 5_000) }),
        ),
      },
      events: [
        ...says,
        {
          reason: 'BackOff',
          message: `Back-off restarting failed container ${name} in pod ${shown}`,
          count: 31,
        },
      ],
      ...(log.length === 0 ? {} : { log: { container: name, lines: log, previous: true } }),
    };
  };
}

export function outOfMemory(which = 0): Life {
  return crashes(137, { reason: 'OOMKilled', which, restarts: 6 });
}

/** A command that cannot be run: the runtime refuses to start it. */
export function startsNot(message: string, exitCode = 128): Life {
  return crashes(exitCode, {
    reason: 'StartError',
    says: [{ reason: 'Failed', message: `Error: ${message}`, count: 7 }],
  });
}

/** It runs and is not ready. */
export function unready(message: string, log: string[] = []): Life {
  return (pod, at) => {
    const [first] = containersOf(pod);
    return {
      status: {
        phase: 'Running',
        ...started(pod, at),
        conditions: conditions(false, at.bornMs + 8_000, 'ContainersNotReady', first?.name),
        containerStatuses: containersOf(pod).map((each, index) =>
          container(each, { ready: index > 0, started: true, state: running(at.bornMs + 5_000) }),
        ),
      },
      events:
        message === ''
          ? []
          : [{ reason: 'Unhealthy', message: `Readiness probe failed: ${message}`, count: 210 }],
      ...(log.length === 0 ? {} : { log: { container: first?.name ?? '', lines: log, previous: false } }),
    };
  };
}

/** A liveness or startup probe has it killed again and again. */
export function killed(probe: 'Liveness' | 'Startup', message: string): Life {
  return (pod, at) => {
    const name = containersOf(pod)[0]?.name ?? '';
    return crashes(143, {
      restarts: 12,
      says: [
        { reason: 'Unhealthy', message: `${probe} probe failed: ${message}`, count: 36 },
        {
          reason: 'Killing',
          type: 'Normal',
          message: `Container ${name} failed ${probe.toLowerCase()} probe, will be restarted`,
          count: 12,
        },
      ],
    })(pod, at);
  };
}

/** Its init container ends badly again and again, or (exit absent) does not end. */
export function initFails(exitCode: number | undefined, log: string[] = []): Life {
  return (pod, at) => {
    const [init] = containersOf(pod, 'initContainers');
    const name = init?.name ?? '';
    const endedMs = at.nowMs - 2 * minute;
    const state =
      exitCode === undefined
        ? { state: running(at.bornMs + 3_000), started: true }
        : {
            restartCount: 8,
            state: {
              waiting: {
                reason: 'CrashLoopBackOff',
                message: `back-off 5m0s restarting failed container=${name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`,
              },
            },
            lastState: {
              terminated: {
                exitCode,
                reason: 'Error',
                startedAt: iso(endedMs - 2_000),
                finishedAt: iso(endedMs),
              },
            },
          };
    const time = iso(at.bornMs);
    return {
      status: {
        phase: 'Pending',
        ...started(pod, at),
        conditions: conditions(false, at.bornMs, 'ContainersNotReady', 'main').map(each =>
          each['type'] === 'Initialized'
            ? {
                ...each,
                status: 'False',
                reason: 'ContainersNotInitialized',
                message: `containers with incomplete status: [${name}]`,
                lastTransitionTime: time,
              }
            : each,
        ),
        initContainerStatuses: [container(init ?? { name, image: '' }, state)],
        containerStatuses: containersOf(pod).map(each =>
          container(each, {
            imageID: '',
            containerID: '',
            state: { waiting: { reason: 'PodInitializing' } },
          }),
        ),
      },
      events:
        exitCode === undefined
          ? []
          : [
              {
                reason: 'BackOff',
                message: `Back-off restarting failed container ${name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`,
                count: 20,
              },
            ],
      ...(log.length === 0 ? {} : { log: { container: name, lines: log, previous: exitCode !== undefined } }),
    };
  };
}

/** No node will do. `message` is the scheduler's own, without the part about preemption. */
export function unschedulable(message: string): Life {
  return (_pod, at) => {
    const count = Number(/^0\/(\d+)/.exec(message)?.[1] ?? 4);
    const whole = `${message} no new claims to deallocate, preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;
    return {
      status: {
        phase: 'Pending',
        qosClass: 'Burstable',
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: whole,
            lastProbeTime: null,
            lastTransitionTime: iso(at.bornMs),
          },
        ],
      },
      events: [{ reason: 'FailedScheduling', message: whole, from: 'default-scheduler' }],
      nowhere: true,
    };
  };
}

export const gated: Life = (_pod, at) => ({
  status: {
    phase: 'Pending',
    conditions: [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
        lastProbeTime: null,
        lastTransitionTime: iso(at.bornMs),
      },
    ],
  },
  events: [],
  nowhere: true,
});

export function evicted(message: string): Life {
  return (pod, { nowMs, bornMs }) => ({
    status: {
      phase: 'Failed',
      reason: 'Evicted',
      message,
      startTime: iso(bornMs),
      conditions: [
        {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'TerminationByKubelet',
          message,
          lastProbeTime: null,
          lastTransitionTime: iso(nowMs - 9 * minute),
        },
      ],
      containerStatuses: containersOf(pod).map(each =>
        container(each, {
          state: {
            terminated: {
              exitCode: 137,
              reason: 'Error',
              startedAt: iso(bornMs),
              finishedAt: iso(nowMs - 9 * minute),
            },
          },
        }),
      ),
    },
    events: [{ reason: 'Evicted', message }],
  });
}

/** Ended for good with a status that is not 0. */
export function failed(exitCode: number, log: string[] = []): Life {
  return (pod, at) => {
    const name = containersOf(pod)[0]?.name ?? '';
    return {
      status: {
        phase: 'Failed',
        ...started(pod, at),
        conditions: conditions(false, at.bornMs + 9_000, 'PodFailed'),
        containerStatuses: containersOf(pod).map(each =>
          container(each, {
            state: {
              terminated: {
                exitCode,
                reason: 'Error',
                startedAt: iso(at.bornMs + 3_000),
                finishedAt: iso(at.bornMs + 9_000),
              },
            },
          }),
        ),
      },
      events: [],
      ...(log.length === 0 ? {} : { log: { container: name, lines: log, previous: false } }),
    };
  };
}

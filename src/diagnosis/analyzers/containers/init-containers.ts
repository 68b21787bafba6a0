import { describeRef } from '../../../core/ref.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { type Instance, instancesOf, isWanted } from '../../containers/instances.ts';
import { lastWord } from '../../containers/last-words.ts';
import { listeningPort } from '../../containers/probe-target.ts';
import { quoteField, quoteLine } from '../../evidence.ts';
import { distinct, peersIn, settingsPeers } from '../../network/peers.ts';
import { type PodSet, podSetKinds } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';
import { harmTo } from '../../workloads/harm.ts';

/** What waits for another service is done in minutes; so are most migrations. */
const waitsMs = 300_000;
/** One that says nothing of waiting may have a lot to do: after this a person should look. */
const worksMs = 900_000;

/** Init containers that run on and on, so that the containers after them never start. Those that fail are crash loops. */
export const initContainersAnalyzer = defineAnalyzer({
  id: 'init-containers',
  needs: [...podSetKinds, 'Service', 'Namespace', 'ConfigMap'],
  codes: {
    INIT_STUCK: {
      row: 'init-container',
      means: 'An init container does not end, so that the containers after it never start.',
      decided:
        'It runs for over five minutes and its log or settings name a Service, an error or that it waits; without such a sign for over a quarter of an hour.',
      fixed: 'What it waits for. Folds under the Service that it names, if that is broken.',
    },
  },

  analyze(snapshot) {
    return snapshot.podSets.flatMap(set => {
      if (!isWanted(set)) return [];
      const stuck = instancesOf(set, snapshot).find(instance => isStuck(instance, { set, snapshot }));
      return stuck === undefined ? [] : [draftOf(stuck, { set, snapshot })];
    });
  },
});

interface Around {
  set: PodSet;
  snapshot: Snapshot;
}

function isStuck(instance: Instance, { set, snapshot }: Around): boolean {
  const { part, status } = instance;
  if (part !== 'init' || status.state?.running === undefined) return false;
  const ranMs = sinceMs(snapshot, status.state.running.startedAt) ?? 0;
  if (ranMs < waitsMs) return false;
  const isWaiting =
    signOf(instance, snapshot) !== undefined ||
    settingsPeers(instance.container.name, { snapshot, set }).length > 0;
  return isWaiting || ranMs >= worksMs;
}

/** The last line that says that it waits, or for what; or that it serves, which no init container is for. */
function signOf({ pod, container }: Instance, snapshot: Snapshot): string | undefined {
  const lines = snapshot.logOf(pod, container.name)?.lines ?? [];
  const waits = lines
    .slice(-waitLines)
    .findLast(line =>
      /\bwait(?:ing|s)?\b|\bretry(?:ing)?\b|\bsleep(?:ing)?\b|not (?:yet )?(?:ready|available|up)/i.test(
        line.slice(0, 500),
      ),
    );
  return lastWord(lines)?.line ?? waits ?? lines.find(line => listeningPort([line]) !== undefined);
}

// What waits says so again and again.
const waitLines = 20;

function draftOf(instance: Instance, { set, snapshot }: Around): Draft<'INIT_STUCK'> {
  const { container, pod, status, at } = instance;
  const sign = signOf(instance, snapshot);
  const script = [...(container.command ?? []), ...(container.args ?? [])].join(' ');
  const peers = [...peersIn(sign ?? '', { snapshot, set }), ...peersIn(script, { snapshot, set })];
  const missing = peers.find(peer => peer.missing);
  const [peer] = peers;
  const named = missing ?? peer;
  return {
    code: 'INIT_STUCK',
    severity: harmTo(set),
    object: refOf(set.object),
    summary: `init container ${container.name} does not end${named === undefined ? '' : `: it waits for ${named.host}`}, and nothing after it starts`,
    evidence: [
      quoteField(
        `Pod/${pod.metadata.name} ${container.name} state.running.startedAt`,
        status.state?.running?.startedAt,
      ),
      ...(sign === undefined ? [] : [quoteLine(container.name, sign)]),
      ...(script === '' ? [] : [quoteField(`${at}.command`, script)]),
    ],
    ...(missing === undefined
      ? {}
      : {
          cause: `there is no ${describeRef(missing.service)}${missing.near[0] === undefined ? '' : `; there is ${missing.near[0]}`}`,
        }),
    confidence: named === undefined ? 'likely' : 'certain',
    fixes: [],
    question:
      missing === undefined
        ? `What does ${container.name} wait for?`
        : `Which Service should ${container.name} wait for instead of ${missing.service.name}?`,
    dependsOn: distinct([
      ...peers.map(({ service }) => service),
      ...settingsPeers(container.name, { snapshot, set }),
    ]),
    depth: 1,
  };
}

import { ageOf } from '../../../kubernetes/duration.ts';
import { healthOf } from '../../../kubernetes/health.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import type { Container, ContainerStatus, Pod } from '../../../kubernetes/kinds/pod.ts';
import { budgetLines, serviceLines } from './around-pods.ts';
import { defineDescriber } from './describer.ts';
import type { Look } from './look.ts';
import { referenceLines } from './pods.ts';

/** A pod: where it runs, its containers, what it uses and who sends it traffic. */
export const podDescriber = defineDescriber(['Pod'], async (pod, { look }) => {
  const { labels } = pod.metadata;
  return [
    await nodeLine(pod, look),
    ...(pod.spec.initContainers ?? []).map(each =>
      containerLine(each, {
        status: statusOf(pod.status?.initContainerStatuses, each),
        look,
        role: 'init ',
      }),
    ),
    ...pod.spec.containers.map(each =>
      containerLine(each, { status: statusOf(pod.status?.containerStatuses, each), look, role: '' }),
    ),
    ...(await referenceLines(pod, { spec: pod.spec, look })),
    ...(await serviceLines(pod, { labels, look })),
    ...(await budgetLines(pod, { labels, look })),
  ];
});

async function nodeLine({ spec, status }: Pod, look: Look): Promise<string> {
  const { nodeName } = spec;
  if (nodeName === undefined) {
    const scheduled = conditionOf(status?.conditions, 'PodScheduled');
    return `node: none yet${scheduled?.message === undefined ? '' : `: ${look.say(scheduled.message)}`}`;
  }
  const node = await look.find({ kind: 'Node', apiVersion: 'v1', name: nodeName });
  const address = status?.podIP === undefined ? '' : `, address ${status.podIP}`;
  if (node === undefined) return `node: ${nodeName}, which is gone${address}`;
  return `node: ${nodeName}${node === 'unread' ? '' : ` (${look.say(healthOf(node).reason)})`}${address}`;
}

function statusOf(
  statuses: readonly ContainerStatus[] | undefined,
  { name }: Container,
): ContainerStatus | undefined {
  return statuses?.find(status => status.name === name);
}

function containerLine(
  container: Container,
  { status, look, role }: { status: ContainerStatus | undefined; look: Look; role: string },
): string {
  const last = status?.lastState?.terminated;
  const ended =
    last === undefined
      ? ''
      : ` (last ended ${ageOf(last.finishedAt, look.nowMs)} ago, exit code ${last.exitCode}${last.reason ? ` ${last.reason}` : ''})`;
  const parts = [
    look.say(container.image),
    stateText(status, look),
    ...(status === undefined || status.restartCount === 0 ? [] : [`${status.restartCount} restarts${ended}`]),
    ...resourceText(container),
  ];
  return `${role}container ${container.name}: ${parts.join(', ')}`;
}

function stateText(status: ContainerStatus | undefined, look: Look): string {
  const { running, waiting, terminated } = status?.state ?? {};
  if (running !== undefined)
    return `running ${ageOf(running.startedAt, look.nowMs)}, ${status?.ready === true ? 'ready' : 'NOT READY'}`;
  if (terminated !== undefined)
    return `ended with exit code ${terminated.exitCode}${terminated.reason ? ` (${look.say(terminated.reason)})` : ''}`;
  const why = [waiting?.reason, waiting?.message]
    .filter(each => each !== undefined && each !== '')
    .join(': ');
  return why === '' ? 'not started' : `waiting: ${look.say(why)}`;
}

function resourceText({ resources }: Container): string[] {
  const text = (amounts: object | undefined) =>
    Object.entries(amounts ?? {})
      .map(([resource, amount]) => `${resource} ${String(amount)}`)
      .join(' ');
  const [requests, limits] = [text(resources?.requests), text(resources?.limits)];
  return [
    ...(requests === '' ? [] : [`requests ${requests}`]),
    ...(limits === '' ? [] : [`limits ${limits}`]),
  ];
}

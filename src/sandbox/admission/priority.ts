import { plainText, textOf } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { Cluster } from '../cluster.ts';
import { forbidden } from '../status.ts';
import { type AdmissionPlugin, newPodSpec } from './plugin.ts';

const classes = 'scheduling.k8s.io/priorityclasses';

/** Gives a pod the priority of its class, or of the default one, and keeps that one the only default. */
export const priority: AdmissionPlugin = {
  complete(admission) {
    const { cluster, resource, object, live } = admission;
    if (resource.kind === 'PriorityClass' && object['globalDefault'] === true) {
      const present = defaultClass(cluster)?.metadata.name;
      if (present !== undefined && present !== live?.metadata.name) {
        const why = `PriorityClass ${present} is already marked as default. Only one default can exist`;
        throw forbidden(resource, { name: object.metadata.name, why });
      }
    }
    const spec = newPodSpec(admission);
    if (spec === undefined) return object;
    const refuse = (why: string): Error => forbidden(resource, { name: object.metadata.name, why });
    const asked = textOf(spec, 'priorityClassName');
    const found = asked ? cluster.state.get(classes, asked) : defaultClass(cluster);
    if (asked && found === undefined) throw refuse(`no PriorityClass with name ${asked} was found`);
    const value = typeof found?.['value'] === 'number' ? found['value'] : 0;
    const policy = found?.['preemptionPolicy'] === 'Never' ? 'Never' : 'PreemptLowerPriority';
    const handmade = 'must not be provided in pod spec; priority admission controller computed';
    if ((spec['priority'] ?? value) !== value) {
      throw refuse(
        `the integer value of priority (${plainText(spec['priority'])}) ${handmade} ${value} from the given PriorityClass name`,
      );
    }
    if ((spec['preemptionPolicy'] ?? policy) !== policy) {
      throw refuse(
        `the string value of PreemptionPolicy (${plainText(spec['preemptionPolicy'])}) ${handmade} ${policy} from the given PriorityClass name`,
      );
    }
    const name = found === undefined ? {} : { priorityClassName: found.metadata.name };
    return { ...object, spec: { ...spec, ...name, priority: value, preemptionPolicy: policy } };
  },
};

function defaultClass({ state }: Cluster): KubeObject | undefined {
  return state.list(classes).find(each => each['globalDefault'] === true);
}

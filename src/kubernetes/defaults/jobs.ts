import { isObject } from '../../core/json.ts';
import { type Fills, fillIn, objectAt } from './fill.ts';

// The server's "as often as it takes": the largest int32.
const unlimited = 2 ** 31 - 1;

export const jobDefaults: Fills = {
  'batch.v1.Job': given => {
    const spec = objectAt(given, 'spec');
    const template = isObject(spec['template']) ? spec['template'] : {};
    const labels = isObject(template['metadata']) ? template['metadata']['labels'] : undefined;
    if (isObject(labels) && Object.keys(labels).length > 0) fillIn(objectAt(given, 'metadata'), { labels });
    // Not in the spec's own fill: the template of a CronJob is stored without these.
    if (spec['parallelism'] === undefined) fillIn(spec, { completions: 1 });
    fillIn(spec, {
      parallelism: 1,
      backoffLimit: spec['backoffLimitPerIndex'] === undefined ? 6 : unlimited,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed',
      manualSelector: false,
    });
  },
  'batch.v1.CronJobSpec': given =>
    fillIn(given, {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    }),
  'batch.v1.PodFailurePolicyOnPodConditionsPattern': given => fillIn(given, { status: 'True' }),
};

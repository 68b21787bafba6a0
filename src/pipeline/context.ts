import { worthFor } from '../core/assurance.ts';
import { VigieError } from '../core/errors.ts';
import type { ReadTool, ToolContext } from '../toolkit/tool.ts';
import type { Call } from './call.ts';
import { changedSince } from './changed-since.ts';
import type { Exit } from './exit.ts';
import { tryChanges } from './try-changes.ts';
import type { Environment, Reach, Vigie } from './vigie.ts';
import { visibleChanges } from './visible-changes.ts';
import { visiblePlaybooks } from './visible-playbooks.ts';

/** What a tool is handed for one call; `place` is absent for tools that concern no environment. */
export function contextFor(
  vigie: Vigie,
  call: Call,
  at: { exit: Exit; place?: { environment: Environment; reach: Reach; previews?: ReadTool['previews'] } },
): ToolContext {
  const { exit, place } = at;
  return {
    get environment() {
      return (place ?? noEnvironment()).environment.view;
    },
    get kube() {
      return (place ?? noEnvironment()).reach.reader;
    },
    get systems() {
      return (place ?? noEnvironment()).reach.systems;
    },
    environments: vigie.environments.map(environment => environment.view),
    changes: visibleChanges(vigie, {
      reader: call.actor.onBehalfOf,
      ...(place === undefined ? {} : { place }),
    }),
    playbooks: visiblePlaybooks(vigie, call),
    changedSince: record => changedSince(vigie, { record, signal: call.signal }),
    actor: call.actor,
    assurance: worthFor(vigie.worth, call.actor).assurance,
    readOnly: vigie.readOnly,
    now: vigie.now(),
    clusterTime: () => place?.reach.serverTime() ?? vigie.now(),
    signal: call.signal,
    mask: text => exit.redactor.text(text),
    maskObject: object => exit.redactor.object(object),
    progress: message => call.progress?.(exit.line(message)),
    ...(place?.previews === undefined || vigie.readOnly
      ? {}
      : {
          tryChanges: changes =>
            tryChanges(vigie, {
              changes,
              environment: place.environment,
              call,
              exit,
              sent: place.previews === 'sent',
            }),
        }),
    ...(call.stream === undefined ? {} : { stream: (line: string) => call.stream?.(exit.line(line)) }),
    ...(call.local === undefined ? {} : { local: call.local }),
    budgetBytes: call.budgetBytes,
  };
}

function noEnvironment(): never {
  throw new VigieError('UNKNOWN_ENVIRONMENT', 'This tool concerns no environment.');
}

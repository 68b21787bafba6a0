import { VigieError } from '../core/errors.ts';
import type { ToolContext } from '../toolkit/tool.ts';
import type { Call } from './run-tool.ts';
import { visibleChanges } from './visible-changes.ts';
import type { Environment, Reach, Vigie } from './vigie.ts';

/** What a tool is handed for one call; `reach` is absent for tools that concern no environment. */
export function contextFor(
  vigie: Vigie,
  call: Call,
  at: { environment: Environment; reach: Reach } | undefined,
): ToolContext {
  return {
    get environment() {
      return (at ?? noEnvironment()).environment.view;
    },
    get kube() {
      return (at ?? noEnvironment()).reach.reader;
    },
    environments: vigie.environments.map(environment => environment.view),
    changes: visibleChanges(vigie),
    actor: call.actor,
    assurance: vigie.assurance,
    readOnly: vigie.readOnly,
    now: vigie.now(),
    signal: call.signal,
    progress: message => call.progress?.(message),
    ...(call.stream === undefined ? {} : { stream: (line: string) => call.stream?.(line) }),
    budgetBytes: call.budgetBytes,
  };
}

function noEnvironment(): never {
  throw new VigieError('UNKNOWN_ENVIRONMENT', 'This tool concerns no environment.');
}

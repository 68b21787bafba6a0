import type { StartCause } from './start-cause.ts';

export type StartCode =
  | 'COMMAND_CANNOT_RUN'
  | 'RUNS_AS_ROOT'
  | 'CONTAINER_CANNOT_START'
  | 'HOOK_FAILED'
  | 'SANDBOX_FAILED'
  | 'RUNTIME_CLASS_MISSING';

interface StartText {
  code: StartCode;
  summary: string;
  /** What of the container it is about. */
  field?: string;
  question: string;
}

/** @param name the container's */
export function textOfStart(cause: StartCause, name: string): StartText {
  switch (cause) {
    case 'command':
      return {
        code: 'COMMAND_CANNOT_RUN',
        summary: `${name} cannot be started: its image has no such command, or may not execute it`,
        field: 'command',
        question: `Which command of its image should ${name} run?`,
      };
    case 'platform':
      return {
        code: 'CONTAINER_CANNOT_START',
        summary: `${name} cannot be started: its program is not made for the processor of the node`,
        field: 'image',
        question: `Which image of ${name} is made for that processor, or is its command a script without a line that begins with #!?`,
      };
    case 'root':
      return {
        code: 'RUNS_AS_ROOT',
        summary: `${name} must not run as root, and would`,
        field: 'securityContext',
        question: `As which user (runAsUser) can ${name} run?`,
      };
    case 'hook':
      return {
        code: 'HOOK_FAILED',
        summary: `the postStart hook of ${name} fails, and the container is killed for it`,
        field: 'lifecycle',
        question: `What should ${name} do after its start?`,
      };
    case 'folder':
      return {
        code: 'CONTAINER_CANNOT_START',
        summary: `${name} cannot be started: its working directory is not there`,
        field: 'workingDir',
        question: `Which folder of its image should ${name} start in?`,
      };
    case 'mount':
      return {
        code: 'CONTAINER_CANNOT_START',
        summary: `${name} cannot be started: a volume does not fit where it is mounted`,
        field: 'volumeMounts',
        question: `Which file or folder should the volume of ${name} hold?`,
      };
    case 'profile':
      return {
        code: 'CONTAINER_CANNOT_START',
        summary: `${name} cannot be started: its node does not have its security profile`,
        field: 'securityContext',
        question: `Which security profile do the nodes have for ${name}?`,
      };
    case 'memory':
    case 'config':
    case 'other':
      return {
        code: 'CONTAINER_CANNOT_START',
        summary: `the runtime cannot start ${name}`,
        question: `What does the runtime need to start ${name}?`,
      };
  }
}

/** Why a container could not be started. `config`: configuration is missing, which is told of what is missing. */
export type StartCause =
  | 'command'
  | 'platform'
  | 'root'
  | 'folder'
  | 'memory'
  | 'mount'
  | 'profile'
  | 'hook'
  | 'config'
  | 'other';

/** By the words of kubelets, containerd, CRI-O and runc, in the order in which one excludes the next. */
const signs: readonly (readonly [StartCause, RegExp])[] = [
  ['root', /runAsNonRoot|runAsUser breaks non-root policy|cannot verify user is non-root/],
  [
    'config',
    /(?:configmap|secret) "[^"]{1,253}" not found|couldn't find key|non-existent (?:config|secret) key/i,
  ],
  [
    'memory',
    /OOM-killed|memory limit too low|minimum memory limit|cgroup[^:]{0,80}memory[^:]{0,80}(?:busy|invalid argument)/i,
  ],
  ['folder', /chdir to cwd|working directory|OCI runtime.{0,200}\bcwd\b/i],
  [
    'mount',
    /subPath|error mounting|Are you trying to mount a directory onto a file|not a directory: unknown/i,
  ],
  ['profile', /apparmor|seccomp|selinux/i],
  ['platform', /exec format error/i],
  [
    'command',
    /executable file not found|no command specified|(?:exec|stat|fork\/exec) [^\n]{0,300}(?:no such file or directory|permission denied|is a directory)|exec: "[^"]{0,200}"/i,
  ],
];

export function startCause(message: string): StartCause {
  const text = message.slice(0, 2_000);
  return signs.find(([, sign]) => sign.test(text))?.[0] ?? 'other';
}

/** The last part of a runtime's message: what it failed to do stands before it, once for each layer. */
export function coreOf(message: string): string {
  const at = message.search(/exec: "|chdir to cwd|error mounting|runAsNonRoot|OOM-killed/);
  return at > 0 ? message.slice(at) : message;
}

/** Why a pod has no sandbox. */
export function sandboxCause(message: string): string {
  const text = message.slice(0, 2_000);
  if (/no runtime for|runtime handler|unknown runtime/i.test(text))
    return 'its node does not have the handler of its runtime class';
  if (
    /no (?:more )?(?:free )?IP addresses|no addresses available|failed to (?:assign|allocate) .{0,40}(?:IP|address)|InsufficientFreeAddresses/i.test(
      text,
    )
  )
    return 'the pod network has no address left';
  if (/sandbox image|pause(?::|@)|failed to get sandbox image/i.test(text))
    return 'the node cannot pull its sandbox image';
  if (/no space left on device/i.test(text)) return 'the disk of its node is full';
  if (/too many open files|resource temporarily unavailable|cannot allocate memory/i.test(text))
    return 'its node has no processes, files or memory left to give';
  if (/failed to (?:mount|create) .{0,60}(?:overlay|snapshot)|snapshotter/i.test(text))
    return 'the runtime of its node cannot lay out a file system for it';
  if (/cgroup/i.test(text)) return 'its node cannot make its control group';
  if (/cni|network plugin|plugin type=|networkPlugin/i.test(text))
    return 'the network plugin of its node does not work';
  if (/deadline ?exceeded|name .{0,200} is reserved for/i.test(text))
    return 'the runtime of its node does not finish in time';
  if (/connect: connection refused|connect: no such file|runtime is (?:down|not ready)/i.test(text))
    return 'the runtime of its node does not answer';
  return 'its node cannot make the sandbox (network and namespaces) that containers run in';
}

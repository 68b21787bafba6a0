import { VigieError } from '../core/errors.ts';
import { isPlainPath, plainPathRule } from '../core/plain-path.ts';
import type { Ended, Runner } from '../processes/runner.ts';

// What is restored to be looked at must be gone afterwards, also when Vigie was killed or the line to the pod broke. So a
// shell stays beside the folder for as long as it is needed and reads from us: where that ends, for whatever reason, it
// ends every process that works in the folder and removes it. Should the shell be killed as well, or the machine, the
// folder's name still says whose it was (process, its start, the machine's boot), and the next one to come removes it.

/** An empty folder where the commands run, that only they can enter. */
export interface ScratchFolder {
  /** Absolute. */
  path: string;
  /** Room below it when it was made, in bytes. */
  freeBytes: number;
  /** Folders of others that had died, which were removed on the way. */
  swept: number;
  /** Ends every process that works in it, and removes it. Says whether it is gone. */
  end(): Promise<boolean>;
}

// A restore of terabytes takes days; a folder that is forgotten for longer is no drill's.
const keptMs = 7 * 24 * 3_600_000;

// To look through the processes of a machine twice and to remove some thousand files.
const madeMs = 60_000;

/**
 * Makes a scratch folder below `base` (absolute; absent: the temporary folder there). Needs Linux where the commands run:
 * processes are found by /proc.
 * @throws VigieError BACKUP when it cannot be made, and what the runner throws
 */
export async function openScratchFolder(
  runner: Runner,
  at: { base?: string; signal: AbortSignal },
): Promise<ScratchFolder> {
  if (at.base !== undefined && !isPlainPath(at.base))
    throw new VigieError('INVALID_INPUT', `The folder for scratch targets ${plainPathRule}.`);
  at.signal.throwIfAborted();
  const held = Promise.withResolvers<void>();
  // Its end is not ours: it cleans up when the line to it closes, and must not be ended before it has.
  const lifelong = new AbortController();
  const keeper = await runner.start({
    argv: ['sh', '-c', keeperScript, 'sh', at.base ?? ''],
    env: { VIGIE_KEEPER: keeperScript },
    stdin: until(held.promise),
    signal: lifelong.signal,
    deadlineMs: keptMs,
  });
  const lines = linesOf(keeper.stdout);
  const timer = setTimeout(() => lifelong.abort(), madeMs);
  let freeKb = 0;
  let swept = 0;
  try {
    // By hand: what comes after these lines is read when the folder ends.
    for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
      const [word, value] = splitOnce(next.value);
      if (word === 'swept') swept += 1;
      if (word === 'free') freeKb = Number(value);
      if (word !== 'open') continue;
      clearTimeout(timer);
      const rest = drained(lines);
      return {
        path: value,
        freeBytes: freeKb * 1024,
        swept,
        async end() {
          held.resolve();
          const [said, ended] = await Promise.all([rest, keeper.ended]);
          return ended.code === 0 && said.includes('gone');
        },
      };
    }
  } finally {
    clearTimeout(timer);
  }
  held.resolve();
  throw notMade(runner, await keeper.ended);
}

function notMade(runner: Runner, ended: Ended): VigieError {
  const why = ended.stderr.trim().split('\n').at(-1) ?? '';
  return new VigieError(
    'BACKUP',
    `On ${runner.where} no scratch folder could be made: ${why.slice(0, 200)}`,
    {
      hint: 'Name a folder under `scratch` of the set that exists, and that the commands of the set may write to.',
    },
  );
}

async function* until(end: Promise<void>): AsyncGenerator<Uint8Array> {
  await end;
  yield new Uint8Array();
}

async function* linesOf(output: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of output) {
    rest += Buffer.from(chunk).toString('utf8');
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function drained(lines: AsyncGenerator<string>): Promise<string[]> {
  const said: string[] = [];
  for await (const line of lines) said.push(line);
  return said;
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf(' ');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

// $1: where. A session of its own keeps it from the signals that end its starter's group. What works in a folder is told
// by where a process stands (servers go to their data), never by a number in a file, which may be another's by now.
const keeperScript = `
umask 077
base=\${1:-\${TMPDIR:-/tmp}}
if [ "$2" != apart ] && setsid -w true 2>/dev/null; then
  exec setsid -w sh -c "$VIGIE_KEEPER" sh "$base" apart
fi
cd "$base" || exit 3
boot=$(cut -c 1-8 /proc/sys/kernel/random/boot_id) || exit 3
began() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }
strike() {
  struck=1
  for process in $(ls -ld /proc/[0-9]*/cwd 2>/dev/null | sed -n 's|^.* /proc/\\([0-9]*\\)/cwd -> |\\1 |p' |
    awk -v at="$1" '{ pid = $1; sub(/^[0-9]+ /, ""); if ($0 == at || index($0, at "/") == 1) print pid }'); do
    kill -s "$2" "$process" 2>/dev/null && struck=0
  done
  return $struck
}
end() {
  if strike "$1" QUIT; then
    tries=0
    while [ $tries -lt 30 ] && sleep 0.1 && strike "$1" 0; do tries=$((tries + 1)); done
    strike "$1" KILL && sleep 0.5
  fi
  rm -rf "$1"
  [ ! -e "$1" ]
}
for left in "$base"/vigie-scratch-*-*-????????; do
  [ -d "$left" ] && [ ! -L "$left" ] && [ -O "$left" ] || continue
  name=\${left##*/vigie-scratch-}
  pid=\${name%%-*}
  rest=\${name#*-}
  [ "\${rest#*-}" = "$boot" ] && [ "$(began "$pid")" = "\${rest%-*}" ] && continue
  end "$left" && echo "swept \${left##*/}"
done
own=$base/vigie-scratch-$$-$(began $$)-$boot
mkdir "$own" || exit 3
trap 'end "$own"; exit 4' HUP INT TERM
echo "free $(df -Pk "$own" | awk 'NR == 2 { print $4 }')"
echo "open $own"
cat > /dev/null
end "$own" && echo gone
`;

import type { RunView } from '../../core/journal.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Playbook } from '../../core/playbook.ts';
import type { Sandbox } from '../../sandbox/server.ts';
import type { World } from '../../sandbox/world.ts';
import { printPlaybook } from '../language/print-playbook.ts';
import { readPlaybook } from '../language/read-playbook.ts';
import type { Play, Played, PlayedEnvironment } from '../play-order.ts';
import { hearWrites, type WriteKind } from './hear-writes.ts';
import { countPods, type PodCount } from './pod-count.ts';
import type { PlayedRun } from './steps-of-run.ts';
import { withinReach } from './within-reach.ts';

/** Where playbooks are rehearsed. */
export interface Stage {
  world: World;
  environment: PlayedEnvironment;
  inputs: JsonObject;
  play: Play;
  /** The same playbook under a name for as long as the rehearsal lasts. */
  named: (name: string) => Promise<{ playbook: Playbook; digest: string }>;
  signal: AbortSignal;
  progress: (message: string) => void;
}

/** A playbook as its author wrote it, as it can be played, and what that leaves out. */
interface Script {
  written: Playbook;
  played: Playbook;
  left: ReadonlyMap<string, string>;
}

export interface OncePlayed extends PlayedRun {
  tookMs: number;
  pods: PodCount;
  /** What the copy held when it began. */
  holds: { objects: number; pods: number; nodes: number };
  /** What it asked the copy to write. */
  writes: readonly WriteKind[];
}

/** Plays a playbook once on a fresh copy. */
export async function playOnce(stage: Stage, script: Script): Promise<OncePlayed> {
  const { world, environment, inputs, play, signal, progress } = stage;
  const scripts = new Map<string, Script>();
  const { digest, source } = await printed(script.played);
  let counted: (() => PodCount) | undefined;
  let holds = { objects: 0, pods: 0, nodes: 0 };
  let heard: (() => readonly WriteKind[]) | undefined;
  return play(
    {
      world,
      environment,
      inputs,
      signal,
      playbook: script.played,
      digest,
      source,
      before: async sandbox => {
        holds = holdsOf(sandbox);
        counted = countPods(sandbox);
        heard = hearWrites(sandbox);
      },
      definitionOf: async name => {
        const { playbook } = await stage.named(name);
        const { playbook: played, left } = withinReach(playbook);
        const definition = await printed(played);
        scripts.set(definition.digest, { written: playbook, played, left });
        return definition;
      },
      said: ({ path, text }) => progress(`${path} ${text}`),
    },
    async played => {
      const pods = counted?.() ?? { ended: 0, made: 0, newImages: [] };
      const writes = heard?.() ?? [];
      const { tookMs } = played;
      return { ...runOf(played, { script, scripts, environment }), tookMs, pods, holds, writes };
    },
  );
}

function runOf(
  { run, called, changes, assumed }: Played,
  {
    script,
    scripts,
    environment,
  }: { script: Script; scripts: ReadonlyMap<string, Script>; environment: PlayedEnvironment },
): PlayedRun {
  const shared = {
    changes: new Map(changes.map(change => [change.id, change])),
    assumed: new Set(assumed),
    policy: environment.rules,
    called: new Map<string, PlayedRun>(),
  };
  const ofView = (view: RunView, of: Script): PlayedRun => ({ ...of, ...shared, run: view });
  for (const view of called) {
    const of = scripts.get(view.digest);
    if (of !== undefined) shared.called.set(view.id, ofView(view, of));
  }
  return ofView(run, script);
}

function holdsOf({ cluster: { state } }: Sandbox): OncePlayed['holds'] {
  return { objects: state.size, pods: state.count('/pods'), nodes: state.count('/nodes') };
}

async function printed(playbook: Playbook): Promise<{ digest: string; source: string }> {
  const source = await printPlaybook(playbook);
  const read = await readPlaybook(source);
  if (read.playbook === undefined)
    throw new Error(`what is played of ${playbook.metadata.name} cannot be read`);
  return { digest: read.digest, source };
}

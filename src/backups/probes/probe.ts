import type { EngineJob } from '../engine.ts';

/** Looks whether a backup of a set could begin now. Writes nothing to the source, and counts nothing in it. */
export interface Probe<Settings = unknown> {
  /** @throws VigieError NOT_STARTED, BACKUP where the source does not answer, SECRET, and what the runner throws */
  probe(job: ProbeJob<Settings>): Promise<Probed>;
}

export interface ProbeJob<Settings> extends Pick<EngineJob, 'runner' | 'objects' | 'signal' | 'deadlineMs'> {
  /** Its name. */
  set: string;
  settings: Settings;
  /** Resolved values by the name of the setting that refers to them. */
  secrets: Readonly<Record<string, string>>;
}

interface Probed {
  /** What answered: `PostgreSQL 15.18 takes us for backup`. */
  answered: string;
  lacks: readonly Lack[];
}

/** What would stop a backup, or only a drill, or is to be known all the same. Texts of the source are in `what` alone. */
export interface Lack {
  stops: 'backup' | 'drill' | 'nothing';
  what: string;
  todo: string;
}

import type {
  StoredTree,
  Tree,
  TreeDraft,
  TreeEntry,
  TreeName,
  TreeReader,
  TreeRunner,
} from '../../core/copied-trees.ts';
import type { CopyName } from '../../core/copies.ts';
import { mustBePartName } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import { textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { localRunner } from '../../processes/local-runner.ts';
import { complaintsIn, mustEndWell, type Repository } from './run.ts';
import { numberOf, runForTree } from './run-for-tree.ts';
import { listSnapshots, type Snapshot, tagsOf } from './snapshots.ts';
import { treeEntries } from './tree-entries.ts';
import { ResticTreeReader } from './tree-reader.ts';

/** Some of what it was to read was not read, and the snapshot has the rest. */
const partial = 3;
/** Of files that could not be read; restic's last words hold some dozens. */
const mostTold = 10;
const toldChars = 1_000;
/** To carry one tree, as to store one part. */
const carryMs = 24 * 3_600_000;

/** Stores trees in a restic repository: restic itself reads them, and stores what it does not have yet. */
export class ResticTreeDraft implements TreeDraft {
  readonly #at: Repository;
  readonly #name: CopyName;

  constructor(at: Repository, name: CopyName) {
    this.#at = at;
    this.#name = name;
  }

  async put(
    part: string,
    { tree, by }: { tree: Tree; by: TreeRunner },
  ): Promise<StoredTree & { entries(): AsyncIterable<TreeEntry> }> {
    mustBePartName(part);
    const words = [
      'backup',
      '--json',
      '--host',
      'vigie',
      '--tag',
      tagsOf(this.#name, [`part=${part}`]),
      // By itself it takes the newest snapshot of these paths, whoever made it, and believes it what did not change.
      ...(tree.since === undefined ? ['--force'] : ['--parent', tree.since]),
      ...(tree.oneFileSystem ? ['--one-file-system'] : []),
      ...tree.exclude.map(pattern => `--exclude=${pattern}`),
      '--',
      ...tree.paths,
    ];
    const { ended, summary } = await runForTree(this.#at, words, by);
    if (ended.code === partial) throw notAllRead(complaintsIn(ended.stderr));
    mustEndWell(ended, this.#at);
    const id = textOf(summary, 'snapshot_id');
    const found = await this.#find(part, each => each.id === id);
    if (found === undefined)
      throw new VigieError(
        'DESTINATION',
        `restic stored the tree elsewhere than where ${this.#at.shown} (destination ${this.#at.name}) is read.`,
        {
          hint: 'A repository in a folder is another one in every pod: let both reach it over the network.',
          details: { destination: this.#at.name },
        },
      );
    const files = numberOf(summary, 'total_files_processed') ?? 0;
    const bytes = numberOf(summary, 'total_bytes_processed') ?? 0;
    return {
      bytes,
      sha256: found.tree,
      tree: { files, snapshot: id },
      entries: () => treeEntries(this.#at, id),
    };
  }

  // restic hands on what is stored, and proves each of it by its hash: the tree keeps the hash of its root. A second backup
  // would read another moment, under the same name.
  async carry(wanted: TreeName, from: TreeReader): Promise<StoredTree> {
    const { part } = wanted;
    if (!(from instanceof ResticTreeReader))
      throw new Error('a tree is carried between restic repositories alone');
    const { repository } = from;
    refuseOtherKeys(repository, this.#at);
    const { id } = await from.find(wanted);
    const secrets = {
      ...repository.secrets,
      ...this.#at.secrets,
      RESTIC_FROM_REPOSITORY: repository.repository,
      RESTIC_FROM_PASSWORD: repository.secrets['RESTIC_PASSWORD'] ?? '',
    };
    const { ended } = await runForTree({ ...this.#at, secrets }, ['copy', id], {
      start: program => localRunner.start({ ...program, deadlineMs: carryMs }),
      progress: () => undefined,
    });
    mustEndWell(ended, this.#at);
    const found = await this.#find(part.name, each => each.tree === part.sha256);
    if (found === undefined || part.tree === undefined)
      throw new VigieError(
        'DESTINATION',
        `The tree ${part.name} did not get to ${this.#at.name} as it is stored.`,
        {
          details: { destination: this.#at.name },
        },
      );
    return { bytes: part.bytes, sha256: part.sha256, tree: { ...part.tree, snapshot: found.id } };
  }

  async #find(part: string, fits: (snapshot: Snapshot) => boolean): Promise<Snapshot | undefined> {
    const { set, copy } = this.#name;
    const snapshots = await listSnapshots(this.#at, set);
    return snapshots.find(each => each.copy === copy && each.part === part && fits(each));
  }
}

function notAllRead(complaints: readonly string[]): VigieError {
  const files = complaints.filter(line => !line.startsWith('Warning: '));
  const more = files.length > mostTold ? `; and ${files.length - mostTold} more, or many more` : '';
  return new VigieError(
    'BACKUP',
    `restic could not read all of it, so nothing of it counts: ${cleanLine(files.slice(0, mostTold).join('; '), toldChars)}${more}`,
    {
      hint: 'Let the commands of the set run as a user who may read it all, or leave it out under exclude.',
      details: { program: 'restic', code: partial },
    },
  );
}

/** One restic has one environment. @throws VigieError DESTINATION */
function refuseOtherKeys(one: Repository, other: Repository): void {
  const both = Object.keys(one.secrets).filter(
    key =>
      key !== 'RESTIC_PASSWORD' &&
      other.secrets[key] !== undefined &&
      other.secrets[key] !== one.secrets[key],
  );
  if (both.length === 0) return;
  throw new VigieError(
    'DESTINATION',
    `restic cannot carry a tree from ${one.name} to ${other.name}: each has a ${both.join(', ')} of its own, and it takes one.`,
    {
      hint: 'Let one user be known to both, or put a REST server before one of them, with its password in the repository.',
      details: { destination: other.name },
    },
  );
}

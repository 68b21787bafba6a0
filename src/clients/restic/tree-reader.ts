import type { TreeEntry, TreeName, TreeReader, TreeRunner } from '../../core/copied-trees.ts';
import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { complaintsIn, mustEndWell, type Repository } from './run.ts';
import { runForTree } from './run-for-tree.ts';
import { listSnapshots, type Snapshot } from './snapshots.ts';
import { treeEntries } from './tree-entries.ts';

const mostTold = 5;
const toldChars = 300;

/** Says nothing about the copy: the place is full or forbidden, or the repository is away. */
const elsewhere =
  /no space left|quota exceeded|read-only file system|permission denied|operation not permitted|connection (?:refused|reset)|no such host|timeout|network is unreachable/i;

/** Restores trees from a restic repository. */
export class ResticTreeReader implements TreeReader {
  readonly repository: Repository;

  constructor(at: Repository) {
    this.repository = at;
  }

  async restore(tree: TreeName, to: { folder: string; by: TreeRunner; only?: string }): Promise<void> {
    const { id } = await this.find(tree);
    const only = to.only === undefined ? [] : [`--include=${asPattern(to.only)}`];
    const words = [
      'restore',
      '--json',
      '--no-lock',
      '--verify',
      '--sparse',
      '--target',
      to.folder,
      ...only,
      id,
    ];
    const { ended } = await runForTree(this.repository, words, to.by);
    const complaints = complaintsIn(ended.stderr);
    if (ended.code === 1 && complaints.length > 0) throw this.#notRestored(tree, complaints);
    mustEndWell(ended, this.repository);
  }

  async *entries(tree: TreeName): AsyncIterable<TreeEntry> {
    const { id } = await this.find(tree);
    yield* treeEntries(this.repository, id);
  }

  /** The snapshot of a tree. @throws VigieError COPY_DAMAGED when none has its hash */
  async find({ set, copy, part }: TreeName): Promise<Snapshot> {
    const { name, sha256 } = part;
    const snapshots = await listSnapshots(this.repository, set);
    const found = snapshots.find(each => each.copy === copy && each.part === name && each.tree === sha256);
    if (found !== undefined) return found;
    throw new VigieError(
      'COPY_DAMAGED',
      `${this.repository.name} holds no tree ${name} of copy ${copy} of ${set} with the hash that its manifest names.`,
      {
        hint: 'Take another copy: vigie backups list says which there are.',
        details: { set, copy, part: name },
      },
    );
  }

  #notRestored({ set, copy, part }: TreeName, complaints: readonly string[]): VigieError {
    const { name } = this.repository;
    const told = cleanLine(complaints.slice(0, mostTold).join('; '), toldChars);
    if (complaints.some(line => elsewhere.test(line)))
      return new VigieError(
        'DESTINATION',
        `restic could not restore copy ${copy} of ${set} from ${name}: ${told}`,
        {
          details: { destination: name },
        },
      );
    return new VigieError(
      'COPY_DAMAGED',
      `Part ${part.name} of copy ${copy} of ${set} cannot be restored whole from ${name}: ${told}`,
      {
        hint: 'Take another copy: vigie backups list says which there are; and look at the repository with restic check --read-data.',
        details: { set, copy, part: part.name },
      },
    );
  }
}

/** A path as a pattern that matches it alone. */
function asPattern(path: string): string {
  return path.replaceAll(/[\\*?[]/g, String.raw`\$&`);
}

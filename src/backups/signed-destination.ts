import type { CopyDraft, CopyName, CopyReader, CopyWriter, FoundCopy } from '../core/copies.ts';
import { drillName } from '../core/copy.ts';
import type { FoundReport } from '../core/drill-reports.ts';
import { type CopyKeys, signDocument, whoSigned } from './copy-signature.ts';
import { parseDrill } from './parse-copy.ts';

/** The same destination, where of each manifest it is told whose it is, and no report counts that is not ours. */
export function signedReader(reader: CopyReader, keys: CopyKeys): CopyReader {
  return {
    name: reader.name,
    shown: reader.shown,
    encryption: reader.encryption,
    ...(reader.demands === undefined ? {} : { demands: reader.demands }),
    ...(reader.trees === undefined ? {} : { trees: reader.trees }),
    async find(set, only) {
      const found = await reader.find(set, { ...only, counts: report => isOurs(report, { set, keys }) });
      return { ...found, copies: found.copies.map(each => judged(each, { set, keys })) };
    },
    open: name => reader.open(name),
    freeBytes: () => reader.freeBytes(),
  };
}

function judged(
  found: FoundCopy,
  { set, keys: { counts, environment } }: { set: string; keys: CopyKeys },
): FoundCopy {
  const { copy, manifest } = found;
  if (manifest === undefined) return found;
  return {
    ...found,
    signedBy: whoSigned(manifest, { counts, of: { what: 'manifest', environment, set, copy } }),
  };
}

/** Under another name it is none: an old report put under newer ones would hide what came after it. */
function isOurs(
  { copy, file, text }: FoundReport,
  { set, keys: { counts, environment } }: { set: string; keys: CopyKeys },
): boolean {
  if (whoSigned(text, { counts, of: { what: 'report', environment, set, copy } }).whose !== 'ours')
    return false;
  const report = parseDrill(text, { set, copy });
  return report !== undefined && drillName(new Date(report.at)) === file;
}

/** The same destination, where every manifest and every report is signed as it is written. */
export function signedWriter(
  writer: CopyWriter,
  { signs, environment }: Omit<CopyKeys, 'counts'>,
): CopyWriter {
  return {
    name: writer.name,
    async begin(wanted) {
      return signedDraft(await writer.begin(wanted), { signs, environment, name: wanted });
    },
    note: ({ set, copy, file, text }) =>
      writer.note({
        set,
        copy,
        file,
        text: signDocument(text, { signs, of: { what: 'report', environment, set, copy } }),
      }),
    remove: name => writer.remove(name),
    ...(writer.tidy === undefined ? {} : { tidy: async () => writer.tidy?.() }),
  };
}

function signedDraft(
  draft: CopyDraft,
  { signs, environment, name: { set, copy } }: Omit<CopyKeys, 'counts'> & { name: CopyName },
): CopyDraft {
  return {
    ...(draft.trees === undefined ? {} : { trees: draft.trees }),
    put: (part, bytes) => draft.put(part, bytes),
    seal: manifest =>
      draft.seal(signDocument(manifest, { signs, of: { what: 'manifest', environment, set, copy } })),
    leave: () => draft.leave(),
  };
}

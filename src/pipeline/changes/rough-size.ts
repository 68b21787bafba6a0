const kibibyte = 1024;

/**
 * How much it is, up to the next power of two: beside a text that is masked, its exact size would tell the length of what
 * is masked, and a hash of it could be guessed at by whoever reads the record.
 */
export function roughSize(bytes: number): string {
  if (bytes === 0) return 'empty';
  const most = 2 ** Math.ceil(Math.log2(Math.max(1, bytes / kibibyte)));
  return most < kibibyte ? `up to ${most} KiB` : `up to ${most / kibibyte} MiB`;
}

// Sizes as people are told them. They are decimal, as those who sell disks and list objects tell them: a copy has one size,
// whoever asks. Values of metrics are told by their own rule (src/metrics/amounts.ts).

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `4.2 GB`, `512 B`. */
export function sizeText(bytes: number): string {
  let amount = bytes;
  let step = 0;
  while (amount >= 1000 && step < units.length - 1) {
    amount /= 1000;
    step += 1;
  }
  return `${step === 0 || amount >= 100 ? Math.round(amount) : Number(amount.toFixed(1))} ${units[step] ?? 'B'}`;
}

/**
 * How much it is at most, in steps of twice as much: beside a text that is masked, its exact size would tell the length of
 * what is masked, and a hash of it could be guessed at by whoever reads the record.
 */
export function roughSize(bytes: number): string {
  if (bytes === 0) return 'empty';
  let most = 1000;
  // 512 kB are followed by 1 MB.
  while (most < bytes) most = String(most).startsWith('512') ? (most / 512) * 1000 : most * 2;
  return `up to ${sizeText(most)}`;
}

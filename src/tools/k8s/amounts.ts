import type { Nano } from '../../kubernetes/quantities.ts';

const milli = 1_000_000n;
const mebi = 1_000_000_000n * 1_048_576n;

/** CPU as people read it: `120m`, `4`, from ten cores on `12.5`. */
export function cpuText(amount: Nano): string {
  const thousandths = rounded(amount, milli);
  if (thousandths > 0n && thousandths % 1_000n === 0n) return `${thousandths / 1_000n}`;
  return thousandths < 10_000n ? `${thousandths}m` : (Number(thousandths) / 1_000).toFixed(1);
}

/** Memory as people read it: `244Mi`, `2Gi`, from ten of them on `12.5Gi`. */
export function memoryText(amount: Nano): string {
  const mebis = rounded(amount, mebi);
  if (mebis > 0n && mebis % 1_024n === 0n) return `${mebis / 1_024n}Gi`;
  return mebis < 10_240n ? `${mebis}Mi` : `${(Number(mebis) / 1_024).toFixed(1)}Gi`;
}

/** `48%`; undefined of nothing. */
export function percentOf(part: Nano, whole: Nano): string | undefined {
  return whole <= 0n ? undefined : `${rounded(part * 100n, whole)}%`;
}

function rounded(amount: bigint, unit: bigint): bigint {
  return (amount + unit / 2n) / unit;
}

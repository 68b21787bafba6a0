const steps = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `4.2 GB`. */
export function sizeText(bytes: number): string {
  let amount = bytes;
  let step = 0;
  while (amount >= 1000 && step < steps.length - 1) {
    amount /= 1000;
    step += 1;
  }
  return `${step === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${steps[step] ?? 'B'}`;
}

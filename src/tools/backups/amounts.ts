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

/** `5m`, `7h`, `12d`. */
export function ageText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return `${Math.max(0, minutes)}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 72 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

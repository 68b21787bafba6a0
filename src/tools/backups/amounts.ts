/** `5m`, `7h`, `12d`. */
export function ageText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return `${Math.max(0, minutes)}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 72 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

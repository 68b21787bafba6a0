/** A time as the API server writes it: whole seconds, UTC. */
export function timestampAt(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

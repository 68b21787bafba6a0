/** A place in an object (`spec.containers[0].env`) as a JSON pointer. Its words are those of the API: none has a `/` or a `~`. */
export function pointerOf(at: string): string {
  return `/${at.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;
}

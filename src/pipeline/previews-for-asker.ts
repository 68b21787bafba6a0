import type { Preview } from '../core/preview.ts';

/** Previews as whoever asked is told of them: whether a secret value that they sent is the one that stands there, is not said. */
export function toldOf<P extends Pick<Preview, 'after' | 'told'>>(previews: readonly P[]): P[] {
  return previews.map(preview =>
    preview.told === undefined ? preview : { ...preview, after: preview.told },
  );
}

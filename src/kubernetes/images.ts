/** The tag of an image reference: `latest` where none is given, empty where only a digest is, or no image at all. */
export function imageTag(image: string): string {
  if (image === '') return '';
  const [name = '', digest] = image.split('@', 2);
  // The colon of a port belongs to the registry, which ends at the last slash.
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  if (colon >= 0) return name.slice(colon + 1);
  return digest === undefined ? 'latest' : '';
}

/** An image reference without its tag and digest. */
export function imageName(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
}

/** Why a text is no reference to an image, as a container runtime says it; undefined: it is one. */
export function referenceFault(image: string): string | undefined {
  if (/^[a-z0-9]+([._:/-]+[a-z0-9]+)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/.test(image))
    return undefined;
  const name = image.replace(/:[^:/]*$/, '');
  const why = /[A-Z]/.test(name) ? `: repository name (${name}) must be lowercase` : '';
  return `invalid reference format${why}`;
}

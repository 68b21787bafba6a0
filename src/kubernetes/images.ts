/** The tag of an image reference: `latest` where none is given, empty where only a digest is. */
export function imageTag(image: string): string {
  const [name = '', digest] = image.split('@', 2);
  // The colon of a port belongs to the registry, which ends at the last slash.
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  if (colon >= 0) return name.slice(colon + 1);
  return digest === undefined ? 'latest' : '';
}

/** The tag of an image reference: `latest` where none is given, empty where only a digest is, or no image at all. */
export function imageTag(image: string): string {
  if (image === '') return '';
  const [name = '', digest] = image.split('@', 2);
  // The colon of a port belongs to the registry, which ends at the last slash.
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  if (colon >= 0) return name.slice(colon + 1);
  return digest === undefined ? 'latest' : '';
}

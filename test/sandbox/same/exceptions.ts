const protection =
  'No claim or volume of the sandbox is held by a finalizer while it is used: nothing there would take it off again.';
const untainted =
  'Nodes of a sandbox come with its world; a new one is not tainted until it is ready, for nothing would make it so.';
const daemonSetRow =
  'The rows of a real server are made from another form of the object, in which this annotation is a field.';

function all(reason: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, reason]));
}

function of(kind: string, ends: readonly string[]): string[] {
  return ends.map(end => `lives: ${kind}: ${end}`);
}

/** Where the sandbox differs from a real API server, by subject and name of the request, each with its reason. */
export const exceptions: Record<string, string> = {
  'least: Job in the least (4)':
    'A real Job without labels shares those of its template, also the ones that the server adds later.',
  ...all(protection, [
    'least: PersistentVolumeClaim in the least (13)',
    'least: PersistentVolume in the least (28)',
    ...['PersistentVolumeClaim', 'PersistentVolume'].flatMap(kind =>
      of(kind, ['made', 'listed', 'listed as a table', 'annotated', 'labelled by apply']),
    ),
  ]),
  ...all(untainted, [
    'least: Node in the least (25)',
    ...of('Node', ['made', 'listed', 'annotated', 'labelled by apply']),
  ]),
  ...all(
    'The sandbox warns that it keeps the rules of others and enforces none of them.',
    ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'ValidatingAdmissionPolicy'].flatMap(
      kind => of(kind, ['made', 'made again']),
    ),
  ),
  ...all(daemonSetRow, of('DaemonSet', ['listed as a table', 'watched from the start'])),
};

/** Of all requests, how many may be exceptions. */
export const mostExceptions = 0.05;

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

const lastBookmark =
  'The sandbox ends every watch that asks for bookmarks with one; a real server only one that lasts a while.';
const jsonAlone = 'The sandbox answers in JSON alone and says so.';

/** Where the sandbox differs from a real API server, by subject and name of the request, each with its reason. */
export const exceptions: Record<string, string> = {
  'least: Job in the least (4)':
    'A real Job without labels shares those of its template, also the ones that the server adds later.',
  ...all(protection, [
    'least: PersistentVolumeClaim in the least (13)',
    'changes: PersistentVolumeClaim: made',
    'least: PersistentVolume in the least (28)',
    ...['PersistentVolumeClaim', 'PersistentVolume'].flatMap(kind =>
      of(kind, ['made', 'listed', 'listed as a table', 'annotated', 'labelled by apply']),
    ),
  ]),
  ...all(untainted, [
    'least: Node in the least (25)',
    'changes: Node: made',
    ...of('Node', ['made', 'listed', 'annotated', 'labelled by apply']),
  ]),
  ...all(
    'The sandbox warns that it keeps the rules of others and enforces none of them.',
    ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'ValidatingAdmissionPolicy'].flatMap(
      kind => of(kind, ['made', 'made again']),
    ),
  ),
  ...all(daemonSetRow, of('DaemonSet', ['listed as a table', 'watched from the start'])),
  ...all(lastBookmark, [
    'lists: with bookmarks',
    ...[1, 3, 4].map(seconds => `lists: from now on for ${seconds} seconds with bookmarks`),
  ]),
  ...all(jsonAlone, [
    'lists: accept application/*',
    'lists: accept application/xml',
    'lists: accept text/plain',
    'lists: accept application/json;as=Table;v=v2;g=meta.k8s.io',
    'lists: accept application/json;as=Nothing;v=v1;g=meta.k8s.io',
  ]),
  'patches: strategic: a volume of another kind':
    'A real server also warns of its own directive where it stands in an item of a list.',
  'patches: service: an address again':
    'Who owns the policy for inner traffic after the service had none for a while: ours, who brought it back.',
  'lists: a watch of one by its older path': 'No client has asked by this path for years; it is not served.',
};

/** Of all requests, how many may be exceptions. */
export const mostExceptions = 0.05;

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

const jobLabels =
  'A real Job without labels shares those of its template, also the ones that the server adds later.';
const olderAutoscaler =
  'The sandbox keeps an autoscaler, and who owns its fields, in the newer version, in whichever it was made.';
const fewerKinds = 'The sandbox does not serve bindings and component statuses: it could only pretend to.';

/** Where the sandbox differs from a real API server, by subject and name of the request, each with its reason. */
export const exceptions: Record<string, string> = {
  ...all(jobLabels, [
    'least: Job in the least (4)',
    ...['POST 1', 'POST 2', 'GET 1'].map(each => {
      const [method, nth] = each.split(' ');
      return `creating: ${method} /apis/batch/v1/namespaces/creating/jobs ${nth}`;
    }),
  ]),
  ...all(olderAutoscaler, [
    'creating: POST /apis/autoscaling/v1/namespaces/creating/horizontalpodautoscalers 1',
    'creating: POST /apis/autoscaling/v1/namespaces/creating/horizontalpodautoscalers 2',
    'creating 1.32: GET /apis/autoscaling/v2/namespaces/creating/horizontalpodautoscalers 1',
    'creating 1.32: GET /apis/autoscaling/v2/namespaces/creating/horizontalpodautoscalers/more 1',
  ]),
  ...all(
    fewerKinds,
    ['1', '2', '3', '4', '5'].map(nth => `asking: GET /api/v1 ${nth}`),
  ),
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
  ...all(daemonSetRow, [
    ...of('DaemonSet', ['listed as a table', 'watched from the start']),
    'reading: GET /apis/apps/v1/namespaces/reading/daemonsets 1',
    'reading: GET /apis/apps/v1/namespaces/reading/daemonsets 2',
  ]),
  ...all(lastBookmark, [
    'lists: with bookmarks',
    // One of three or four seconds gets one from a busy server, and none from a quick one.
    'lists: from now on for 1 seconds with bookmarks',
  ]),
  ...all(jsonAlone, [
    'lists: accept application/*',
    'lists: accept application/xml',
    'lists: accept text/plain',
    'lists: accept application/json;as=Table;v=v2;g=meta.k8s.io',
    'lists: accept application/json;as=Nothing;v=v1;g=meta.k8s.io',
  ]),
  'patches: service: an address again':
    'Who owns the policy for inner traffic after the service had none for a while: ours, who brought it back.',
  'changing 1.36: GET /apis/apps/v1/namespaces/changing/deployments 1':
    'The empty Deployment that travels with a bookmark has no replicas here, where a real one has none: 0.',
  'reading: kubectl get --raw /api/v1/namespaces/reading/configmaps/settings':
    'The members of an object stand in another order, which JSON does not have.',
  'asking: kubectl version -o json': 'The sandbox is not built from the sources of a real server.',
  'changing: kubectl label cm settings --list': 'kubectl prints them in an order that it draws.',
  'doors: no group': 'The sandbox serves fewer groups, and tells them in an order of its own.',
  'doors: its binding to a node': 'The sandbox binds no pods by request and says so.',
  'doors: an eviction of another name': 'The sandbox evicts the pod of the URL, whatever the body calls it.',
  'custom: the definition':
    'No definition of the sandbox is held by a finalizer: its objects go with it, at once.',
  'lists: a watch of one by its older path': 'No client has asked by this path for years; it is not served.',
};

/** Of all requests, how many may be exceptions. */
export const mostExceptions = 0.05;

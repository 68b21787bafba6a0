/** A deployment as YAML whose pods have the label app. `container`: more of its only container. */
export function deployment(
  name: string,
  {
    container = 'ports: [{name: http, containerPort: 8080}]',
    namespace = 'shop',
    replicas = 2,
    status = '',
    pod = '',
  }: { container?: string; namespace?: string; replicas?: number; status?: string; pod?: string } = {},
): string {
  return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}, uid: ${namespace}-${name}, creationTimestamp: "2026-11-01T00:00:00Z"}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      ${pod}
      containers:
        - name: web
          image: "shop/${name}:1"
          ${container.replaceAll('\n', '\n          ')}
${status === '' ? '' : `status: ${status}`}
`;
}

/** A service as YAML; `spec`: what stands in it beside the ports. */
export function service(
  name: string,
  {
    spec = `selector: {app: ${name}}`,
    ports = '[{name: http, port: 80, targetPort: 8080}]',
    namespace = 'shop',
  }: { spec?: string; ports?: string; namespace?: string } = {},
): string {
  return `---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}, creationTimestamp: "2026-11-01T00:00:00Z"}
spec:
  ${spec.replaceAll('\n', '\n  ')}
  ports: ${ports}
`;
}

/** The endpoints of a service, by whether they are ready, each on a node of its own. */
export function endpoints(name: string, ready: readonly boolean[], namespace = 'shop'): string {
  const each = ready.map(
    (isReady, index) =>
      `{addresses: ["10.42.0.${index + 5}"], conditions: {ready: ${isReady}}, nodeName: node-${index + 1}}`,
  );
  return `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-1, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
endpoints: [${each.join(', ')}]
`;
}

export function namespace(name: string, labels = '{}'): string {
  return `---
apiVersion: v1
kind: Namespace
metadata: {name: ${name}, labels: ${labels}}
status: {phase: Active}
`;
}

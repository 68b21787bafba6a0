/** Manifests that the scripts use: nobody acts on them, for no controller is there to. */
export const web = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web, tier: front}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
          ports: [{containerPort: 80}]
          env: [{name: MODE, value: before}]
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}
          readinessProbe: {httpGet: {path: /healthz, port: 80}}
`;

export const webNext = web.replace('web:1', 'web:2').replace('replicas: 2', 'replicas: 3');

export const front = `apiVersion: v1
kind: Service
metadata: {name: front, labels: {app: web}}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 80}]}
`;

/** Without an address, of which a real server tells in events of its own. */
export const bare = `apiVersion: v1
kind: Service
metadata: {name: bare, labels: {app: web}}
spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 80}]}
`;

export const settings = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {app: web, kind: settings}}
data: {mode: before, word: one}
`;

export const pod = `apiVersion: v1
kind: Pod
metadata: {name: one, labels: {app: one}}
spec:
  schedulerName: nobody
  containers:
    - {name: main, image: "registry.example/one:1", command: [run], volumeMounts: [{name: data, mountPath: /data}]}
    - {name: side, image: "registry.example/side:1"}
  volumes: [{name: data, emptyDir: {}}]
`;

/** One of many kinds. */
export const many = [
  web,
  front,
  settings,
  pod,
  `apiVersion: v1
kind: Secret
metadata: {name: hidden, labels: {app: web}}
stringData: {word: secret}
`,
  `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 1
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "registry.example/db:1"}]}}
`,
  `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: agent, image: "registry.example/agent:1"}]}}
`,
  `apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: "registry.example/job:1"}]}}}}
`,
  `apiVersion: batch/v1
kind: Job
metadata: {name: once, labels: {app: job}}
spec: {suspend: true, template: {spec: {restartPolicy: Never, containers: [{name: job, image: "registry.example/job:1"}]}}}
`,
  `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: door}
spec:
  ingressClassName: nginx
  rules: [{host: shop.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: front, port: {number: 80}}}}]}}]
`,
  `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}
`,
  `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 5
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
`,
  `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
`,
  `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [pods, pods/log], verbs: [get, list]}]
`,
  `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: User, name: zoe}, {kind: ServiceAccount, name: default}]
`,
].join('---\n');

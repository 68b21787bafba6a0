import { front, pod, settings, web } from './manifests.ts';
import type { Script } from './scripts.ts';

const patch = '\'{"spec":{"replicas":4}}\'';

const node = `apiVersion: v1
kind: Node
metadata: {name: changing-1}
spec: {taints: [{key: node.kubernetes.io/not-ready, effect: NoSchedule}]}
status: {conditions: [{type: Ready, status: "True"}]}
`;

/** What changes one thing of an object. */
export const changing: Script = {
  script: 'changing',
  files: {
    'web.yaml': web,
    'front.yaml': front,
    'settings.yaml': settings,
    'pod.yaml': pod,
    'node.yaml': node,
  },
  lines: [
    'create -f web.yaml -f front.yaml -f settings.yaml -f pod.yaml',
    'label cm settings colour=red',
    'label cm settings colour=blue',
    'label cm settings colour=blue --overwrite',
    'label cm settings colour-',
    'label cm settings none-',
    'label cm settings bad_/x=1',
    'label cm --all season=dry',
    'label cm settings --list',
    'annotate cm settings note=words',
    'annotate cm settings note=other',
    'annotate cm settings note=other --overwrite',
    'annotate cm settings note-',
    `patch deploy web -p ${patch}`,
    `patch deploy web -p ${patch}`,
    `patch deploy web --type=merge -p ${patch}`,
    'patch deploy web --type=json -p \'[{"op":"replace","path":"/spec/replicas","value":5}]\'',
    'patch deploy web --type=json -p \'[{"op":"test","path":"/spec/replicas","value":9}]\'',
    `patch deploy web -p ${patch} --dry-run=server -o jsonpath={.spec.replicas}`,
    'patch deploy web --subresource=scale --type=merge -p \'{"spec":{"replicas":6}}\'',
    'patch deploy web -p \'{"spec":{"selector":{"matchLabels":{"a":"b"}}}}\'',
    'patch deploy web -p not',
    'set image deploy/web web=registry.example/web:3',
    'set image deploy/web none=registry.example/web:3',
    'set image po one main=registry.example/one:2',
    'set env deploy/web MODE=after MORE=1',
    'set env deploy/web MORE-',
    'set env deploy/web --list',
    'set env deploy/web --from=cm/settings --prefix=S_',
    'set resources deploy web --limits=cpu=1,memory=256Mi --requests=cpu=200m',
    'set resources deploy web --limits=cpu=100m',
    'set selector svc front app=other',
    'set serviceaccount deploy web robot',
    'create rolebinding rb --clusterrole=view --user=zoe',
    'set subject rolebinding rb --group=dev',
    'scale deploy web --replicas=3',
    'scale deploy web --replicas=4 --current-replicas=9',
    'scale deploy web --replicas=4 --current-replicas=3',
    'scale deploy none --replicas=4',
    'rollout pause deploy/web',
    'rollout pause deploy/web',
    'rollout resume deploy/web',
    'rollout history deploy/web',
    'rollout status deploy/web --watch=false',
    'rollout undo deploy/web',
    'rollout restart deploy/web',
    'rollout restart cm/settings',
    'get deploy web -o jsonpath={.metadata.generation}',
    'create -f node.yaml',
    'cordon changing-1',
    'cordon changing-1',
    'uncordon changing-1',
    'taint node changing-1 dedicated=web:NoSchedule',
    'taint node changing-1 dedicated=api:NoSchedule',
    'taint node changing-1 dedicated=api:NoSchedule --overwrite',
    'taint node changing-1 dedicated-',
    'drain changing-1 --dry-run=server',
    'drain none',
    'get node changing-1 -o jsonpath={.spec}',
    'delete node changing-1',
  ],
};

// The playbook whose workers die: reads, changes that go by themselves, one that a person is asked about, one that people
// agreed to at a gate, a loop, and branches side by side. `own`: what its objects begin with, so that runs have their own.

const objects = ['one', 'two', 'three', 'four', 'five', 'six'];
const looped = ['one', 'two', 'three', 'five'];

const patchOf = (step: string) => `{"metadata":{"labels":{"${step}":"done"}}}`;

/** A cluster in which nothing takes time, with the objects of these runs. */
export function crashWorld(owns: readonly string[]): string {
  const maps = owns.flatMap(own => objects.map(name => `${own}-${name}`));
  const lines = maps.map(
    name =>
      `  - {apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}, namespace: shop}, data: {mode: fast}}`,
  );
  return `cluster:
  serverVersion: v1.36.2
  ageDays: 5
  nodes:
    - {name: n1, ip: 10.0.0.1, podSubnet: 10.42.0}
objects:
  - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
  - {apiVersion: v1, kind: Namespace, metadata: {name: other}}
${lines.join('\n')}
`;
}

export function crashPlaybook(own: string): string {
  const target = (name: string) => `target: {kind: ConfigMap, name: ${own}-${name}, namespace: shop}`;
  const label = (name: string, step: string) =>
    `tool: k8s_patch, with: {${target(name)}, patch: '${patchOf(step)}'}`;
  const read = (name: string) => `tool: k8s_get, with: {${target(name)}}`;
  return `
timeout: 1d
steps:
  - {id: look, ${read('one')}}
  - {id: first, ${label('one', 'first')}}
  - id: both
    parallel:
      mode: settled
      branches:
        - id: a
          steps: [{id: left, ${label('two', 'left')}}, {id: seen, ${read('two')}}]
        - id: b
          steps: [{id: right, ${label('three', 'right')}}]
  - {id: asked, tool: k8s_delete, with: {${target('four')}}}
  - {id: gate, approval: {for: [agreed], expires: 12h}}
  - {id: agreed, ${label('six', 'agreed')}}
  - id: each
    foreach: {in: [${looped.map(name => `${own}-${name}`).join()}], as: item, parallel: 2}
    tool: k8s_patch
    with: {target: {kind: ConfigMap, name: "\${{ item }}", namespace: shop}, patch: '${patchOf('each')}'}
  - {id: last, ${read('five')}}
finally: [{id: end, ${read('three')}}]
`;
}

/** Steps that change something. */
export const changed = [
  'first',
  'both/a/left',
  'both/b/right',
  'asked',
  'agreed',
  ...looped.map((_, index) => `each[${index}]`),
];

/** What each step calls, as `callOf` of the verdict writes it. */
export function crashCalls(own: string): ReadonlyMap<string, string> {
  return new Map([
    ['look', `k8s_get ${own}-one `],
    ['first', `k8s_patch ${own}-one ${patchOf('first')}`],
    ['both/a/left', `k8s_patch ${own}-two ${patchOf('left')}`],
    ['both/a/seen', `k8s_get ${own}-two `],
    ['both/b/right', `k8s_patch ${own}-three ${patchOf('right')}`],
    ['asked', `k8s_delete ${own}-four `],
    ['agreed', `k8s_patch ${own}-six ${patchOf('agreed')}`],
    ...looped.map(
      (name, index) => [`each[${index}]`, `k8s_patch ${own}-${name} ${patchOf('each')}`] as const,
    ),
    ['last', `k8s_get ${own}-five `],
    ['.finally/end', `k8s_get ${own}-three `],
  ]);
}

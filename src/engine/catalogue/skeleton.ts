/** What `vigie playbooks new` writes: a small playbook that can be checked at once, with a word on each part. */
export function playbookSkeleton(name: string): string {
  return `# Every key, with examples: docs/guides/playbooks.md. After an edit: vigie playbooks lint
apiVersion: vigie/v1
kind: Playbook
metadata:
  name: ${name}                          # the name of this folder too
  title: Restart a workload that is not healthy
  owner: nobody yet                      # who answers for it

inputs:
  namespace: {type: string, required: true, description: Where it runs}
  name: {type: string, required: true, description: The Deployment}

# What starts it without a person; each hands over the inputs that are required.
# on:
#   schedule: {cron: "0 6 * * 1-5", timezone: Europe/Paris, inputs: {namespace: shop, name: web}}
# It counts once vigie.yaml names it: playbooks: {triggers: [${name}]}

timeout: 15m

steps:
  - id: look                             # a read: its answer is steps.look.output
    tool: k8s_diagnose
    with:
      target: {kind: Deployment, name: "\${{ inputs.name }}", namespace: "\${{ inputs.namespace }}"}
      format: json
    retry: {attempts: 3, backoff: 5s, on: [transient]}

  - id: restart                          # a change: previewed, decided by policy, approved, verified
    if: size(steps.look.output.findings) > 0
    tool: k8s_rollout
    with:
      target: {kind: Deployment, name: "\${{ inputs.name }}", namespace: "\${{ inputs.namespace }}"}
      action: restart

onFailure:
  undo: completedInReverse               # or none: what was done stands
`;
}

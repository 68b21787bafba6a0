import { expect, test } from 'vitest';
import { gapsOf } from '../../../src/cli/triggers/gaps.ts';
import { noTriggers, type Sender, type TriggersConfig } from '../../../src/config/triggers-config.ts';
import { SecretReference } from '../../../src/core/secret-reference.ts';
import { readPlaybook } from '../../../src/engine/language/read-playbook.ts';
import type { EnabledPlaybook } from '../../../src/engine/triggers/enabled.ts';

async function enabled(on: string, ...environments: string[]): Promise<EnabledPlaybook> {
  const source = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: heal, title: A trial}
on: ${on}
steps: [{tool: k8s_list, with: {kind: Pod}}]
`;
  const read = await readPlaybook(source);
  if (read.playbook === undefined) throw new Error(JSON.stringify(read.mistakes));
  return { playbook: read.playbook, digest: read.digest, source, environments };
}

function sender(name: string, environment: string, proof: Sender['proof'] = 'hmac'): Sender {
  const secret = SecretReference.parse('env:SECRET');
  if (secret === undefined) throw new Error('no reference');
  return { name, environment, proof, secret };
}

const listen = { host: '127.0.0.1', port: 9094 };
const alert = '{alert: {match: "true", inputs: {}}}';
const hook = '{webhook: {path: deployed, auth: hmac, inputs: {}}}';

test.each<[string, Partial<TriggersConfig>, string, string[]]>([
  ['all that is needed', { alerts: [sender('main', 'prod')] }, alert, []],
  [
    'a sender of another environment',
    { alerts: [sender('main', 'dev')] },
    alert,
    [
      'heal: nobody may send alerts of prod; name a sender under triggers.alerts',
      '/alerts/main: no playbook under playbooks.triggers starts by an alert in dev',
    ],
  ],
  [
    'no sender of the path',
    {},
    hook,
    ['heal: nobody may send to /hooks/deployed for prod; name it under triggers.webhooks'],
  ],
  [
    'another proof',
    { webhooks: [sender('deployed', 'prod', 'bearer')] },
    hook,
    ['heal wants hmac, and triggers.webhooks.deployed has bearer'],
  ],
  [
    'a sender of nothing',
    { alerts: [sender('main', 'prod')], webhooks: [sender('gone', 'prod')] },
    alert,
    ['/hooks/gone: no playbook under playbooks.triggers has that path in prod'],
  ],
])('%s', async (_, config, on, gaps) => {
  const facts = { triggers: { ...noTriggers, listen, ...config }, playbooks: [await enabled(on, 'prod')] };
  expect(gapsOf({ ...facts, unaccepted: [] })).toEqual(gaps);
});

test('that nobody listens, or that nobody accepted it, is said', async () => {
  const triggers = { ...noTriggers, alerts: [sender('main', 'prod')] };
  expect(
    gapsOf({ triggers, playbooks: [await enabled(alert, 'prod')], unaccepted: ['prod', 'dev'] }),
  ).toEqual([
    'No worker listens: name an address under triggers.listen',
    'Nothing starts by itself in prod until an approver accepts vigie.yaml: vigie policy accept',
  ]);
});

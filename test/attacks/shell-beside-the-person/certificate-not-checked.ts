import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from '../../support/wire.ts';
import { defineAttack, judge } from '../attack.ts';
import { runFrom } from '../person.ts';

export const certificateNotChecked = defineAttack({
  name: 'certificate-not-checked',
  adversary: 'a shell beside the person',
  does: 'Sets NODE_TLS_REJECT_UNAUTHORIZED=0 and answers in place of the API server with a certificate of its own; then has the kubeconfig skip the check.',
  must: 'The connection is refused before the token is sent, and a context that skips the check is refused unless vigie.yaml says so.',
  async run(ground) {
    const heard: string[] = [];
    const server = createServer(makeCertificate('IP:127.0.0.1'), (request, response) => {
      heard.push(request.headers.authorization ?? 'nothing');
      response.end('{}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ground.onEnd(() => server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const kubeconfig = `${ground.dir}/kubeconfig`;
    const ca = Buffer.from(makeCertificate('IP:127.0.0.1').cert).toString('base64');
    const text = (cluster: string): string => `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: '${url}', ${cluster}}}]
users: [{name: u, user: {token: the-token-of-the-person}}]
contexts: [{name: prod, context: {cluster: c, user: u}}]
current-context: prod
`;
    await writeFile(kubeconfig, text(`certificate-authority-data: ${ca}`), { mode: 0o600 });
    await ground.configure(`environments: {prod: {kube: {context: prod, kubeconfig: ${kubeconfig}}}}\n`);
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    const list = ['k8s', 'list', 'pods', '-n', 'shop'];
    const other = await runFrom(ground, { words: list, env });
    await writeFile(kubeconfig, text('insecure-skip-tls-verify: true'), { mode: 0o600 });
    const skipped = await runFrom(ground, { words: list, env });
    const configured = await readFile(ground.configFile, 'utf8');
    return judge(/^error: .*$/m.exec(other.stderr)?.[0] ?? other.stderr.slice(0, 80), {
      'another certificate is refused': other.status === 1,
      'a context without a check is refused': skipped.status === 1 && /without checking/.test(skipped.stderr),
      'vigie.yaml does not allow it': !configured.includes('insecure'),
      'no token was sent': heard.length === 0,
    });
  },
});

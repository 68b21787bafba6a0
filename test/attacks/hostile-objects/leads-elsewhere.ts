import type { Instead } from '../../support/meddled-wire.ts';
import { defineAttack } from '../attack.ts';
import { setTrap, type Trap } from '../trap.ts';
import { type Answered, askAll, judgeAnswers, questions } from './questions.ts';

// What these read of the cluster does not lie where the redirects are.
const elsewhere = ['k8s_logs', 'k8s_explain', 'k8s_access', 'k8s_top'];

export const redirects = defineAttack({
  name: 'redirects-to-another-host',
  adversary: 'hostile objects',
  does: 'Answers reads and changes with every kind of redirect, a protocol upgrade and a login challenge that name another host.',
  must: 'The other host is never connected to, so the token stays; the answer is BAD_RESPONSE or UNAUTHENTICATED.',
  async run(ground) {
    const cluster = await ground.cluster();
    const trap = await setTrap(ground);
    const door = await ground.stdio();
    const answers: Answered[] = [];
    for (const instead of astray(trap)) {
      cluster.meddle({
        before: ({ path }) => (/\/(configmaps|deployments)\b/.test(path) ? instead : undefined),
      });
      answers.push(
        ...(await askAll(
          door,
          questions.filter(([tool]) => !elsewhere.includes(tool)),
        )),
      );
    }
    return judgeAnswers(answers, {
      door,
      cluster,
      seconds: 10,
      megabytes: 250,
      more: {
        [`the other host was left alone (${trap.caught[0] ?? ''})`]: trap.caught.length === 0,
        'each failed with its code': answers.every(({ code }) =>
          ['BAD_RESPONSE', 'UNAUTHENTICATED', 'REJECTED_BY_SERVER', 'INVALID_INPUT', 'UNREACHABLE'].includes(
            code,
          ),
        ),
      },
    });
  },
});

function astray({ url, host }: Trap): Instead[] {
  const headers = {
    location: `${url}/api`,
    refresh: `0; url=${url}`,
    'alt-svc': `h2="${host}"`,
    link: `<${url}>`,
  };
  return [
    ...[300, 301, 302, 303, 305, 307, 308].map(status => ({ status, headers, body: '{}' })),
    { status: 302, headers: { location: `//${host}/api` }, body: '' },
    { status: 401, headers: { ...headers, 'www-authenticate': `Bearer realm="${url}"` }, body: '{}' },
    { status: 407, headers: { ...headers, 'proxy-authenticate': 'Basic' }, body: '{}' },
    {
      speak: response =>
        response.socket?.end(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nLocation: ${url}\r\n\r\n`,
        ),
    },
  ];
}

export const descriptionsElsewhere = defineAttack({
  name: 'openapi-on-another-host',
  adversary: 'hostile objects',
  does: "Lets the server's OpenAPI index name documents on another host, in another folder and in a query, where dry runs are promised.",
  must: 'None is followed, the other host is never connected to, and a change without a sure dry run sends no write.',
  async run(ground) {
    const cluster = await ground.cluster();
    const trap = await setTrap(ground);
    const answers: Answered[] = [];
    let door = await ground.stdio();
    const document = '/openapi/v3/apis/apps/v1';
    for (const named of [
      `//${trap.host}${document}`,
      `${trap.url}${document}`,
      `\\\\${trap.host}${document}`,
      `/\\${trap.host}${document}`,
      `/@${trap.host}${document}`,
      `/api/v1/namespaces/kube-system/secrets/x?a=${document}`,
      `/api/v1/namespaces/kube-system/secrets/x#${document}`,
      `/../..${document}`,
      `/evil${document}`,
    ]) {
      door.child.kill('SIGKILL');
      door = await ground.stdio();
      cluster.meddle({
        before: ({ path }) =>
          path.split('?')[0] === '/openapi/v3'
            ? { body: { paths: { 'apis/apps/v1': { serverRelativeURL: named } } } }
            : undefined,
      });
      answers.push(
        ...(await askAll(door, [
          ...questions.filter(([tool]) => tool === 'k8s_scale'),
          ['k8s_explain', { path: 'deployment.spec' }],
        ])),
      );
    }
    const strange = cluster.passed.filter(({ path }) => /kube-system\/secrets|evil|\.\./.test(path));
    return judgeAnswers(answers, {
      door,
      cluster,
      seconds: 10,
      megabytes: 250,
      more: {
        [`the other host was left alone (${trap.caught[0] ?? ''})`]: trap.caught.length === 0,
        [`no other path was asked for (${strange[0]?.path ?? ''})`]: strange.length === 0,
        'each change waits for a person or failed': answers.every(
          ({ tool, status }) => tool === 'k8s_explain' || ['approval_required', 'failed'].includes(status),
        ),
      },
    });
  },
});

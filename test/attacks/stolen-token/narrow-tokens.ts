import { readFileSync } from 'node:fs';
import { isObject, type JsonObject } from '../../../src/core/json.ts';
import { defineAttack, judge } from '../attack.ts';
import { messageOf } from '../http-door.ts';

export const narrowToken = defineAttack({
  name: 'token-of-one-environment',
  adversary: 'a stolen token',
  does: 'Uses a token for one environment and two families of tools to reach another environment, its changes, its resources and other tools.',
  must: 'What the token does not cover does not exist for it, in tools, resources, completions and changes of others.',
  async run(ground) {
    const cluster = await ground.cluster();
    const text = readFileSync(ground.configFile, 'utf8');
    const block = /^ {2}test:\n[\s\S]*$/m.exec(text)?.[0] ?? '';
    await ground.configure(`${text}${block.replace('test:', 'prod:')}`);
    const narrow = await ground.token('narrow', '--environments', 'test', '--toolsets', 'k8s,environments');
    const whole = await ground.token('whole');
    const door = await ground.http();
    const owner = await door.session(whole);
    const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
    const ticket = await owner.call('k8s_scale', { environment: 'prod', target, replicas: 3 });
    const id = typeof ticket.data.id === 'string' ? ticket.data.id : '';
    const before = cluster.passed.length;

    const thief = await door.session(narrow);
    const listed = namesOf(messageOf((await thief.send('tools/list', {})).text));
    const environments = await thief.call('environments_list', {});
    const there = await thief.call('k8s_get', { environment: 'prod', target });
    const tools = [];
    for (const name of ['changes_get', 'changes_undo', 'changes_list'])
      tools.push(await thief.call(name, name === 'changes_list' ? {} : { id }));
    const resources = [];
    for (const uri of ['vigie://environments/prod', `vigie://changes/${id}`, 'vigie://changes'])
      resources.push(messageOf((await thief.send('resources/read', { uri })).text));
    const completion = await thief.send('completion/complete', {
      ref: { type: 'ref/resource', uri: 'vigie://changes/{id}' },
      argument: { name: 'id', value: '' },
    });
    const reached = cluster.passed.length - before;
    const own = await thief.call('k8s_get', { environment: 'test', target });
    return judge(`${listed.length} tools; elsewhere ${codesOf([there, ...tools])}`, {
      'the other environment was made a ticket for': /^\w{8}$/.test(id),
      'only its families are listed':
        listed.length > 0 && listed.every(name => /^(k8s|environments)_/.test(name)),
      'the other environment is not there':
        there.data.code === 'UNKNOWN_ENVIRONMENT' && !environments.text.includes('prod'),
      'other tools are not there': tools.every(({ data }) => data.code === 'UNKNOWN_TOOL'),
      'its resources and changes are not there':
        resources.every(({ error }) => error !== undefined) && !completion.text.includes(id),
      'nothing reached the cluster': reached === 0,
      'its own environment works': own.text.includes('web'),
    });
  },
});

export const readOnlyToken = defineAttack({
  name: 'token-for-reads-alone',
  adversary: 'a stolen token',
  does: 'Uses a read-only token to change what policy allows everybody else.',
  must: 'The tools that change are not there, and nothing but reads reaches the cluster.',
  async run(ground) {
    const cluster = await ground.cluster({ policy: '{low: allow, medium: allow, high: allow}' });
    const secret = await ground.token('reader', '--read-only');
    const door = await ground.http();
    const thief = await door.session(secret);
    const target = { kind: 'Deployment', name: 'web', namespace: 'shop' };
    const calls: [string, JsonObject][] = [
      ['k8s_scale', { target, replicas: 3 }],
      ['k8s_delete', { target }],
      ['k8s_rollout', { target, action: 'restart' }],
      ['k8s_apply', { manifest: '{apiVersion: v1, kind: ConfigMap, metadata: {name: m, namespace: shop}}' }],
      ['changes_undo', { id: 'aaaaaaaa' }],
    ];
    const refused = [];
    for (const [name, input] of calls) refused.push(await thief.call(name, input));
    const read = await thief.call('k8s_get', { target });
    const wrote = cluster.passed.filter(({ method }) => method !== 'GET');
    return judge(`${codesOf(refused)}, ${wrote.length} requests other than reads`, {
      'each is unknown to it': refused.every(({ data }) => data.code === 'UNKNOWN_TOOL'),
      'no request but reads': wrote.length === 0,
      'it reads': read.text.includes('web'),
    });
  },
});

export const othersSession = defineAttack({
  name: 'session-of-another-token',
  adversary: 'a stolen token',
  does: 'Uses a token of its own with the session of another, whose id it knows, to call, to listen and to end it.',
  must: 'The session does not exist for it, and its owner keeps it.',
  async run(ground) {
    await ground.cluster();
    const door = await ground.http();
    const session = await door.session();
    const other = await ground.token('other');
    const headers = { ...session.headers, authorization: `Bearer ${other}` };
    const list = JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'tools/list' });
    const statuses = [
      (await door.send({ headers, body: list })).status,
      (await door.send({ headers, method: 'GET' })).status,
      (await door.send({ headers, method: 'DELETE' })).status,
    ];
    const owner = await session.send('tools/list', {});
    return judge(`${statuses.join(' ')}, the owner ${owner.status}`, {
      'it is not there for others': statuses.every(status => status === 404),
      'its owner keeps it': owner.status === 200,
    });
  },
});

function namesOf({ result }: JsonObject): string[] {
  const tools = isObject(result) && Array.isArray(result.tools) ? result.tools : [];
  return tools.map(tool => (isObject(tool) && typeof tool.name === 'string' ? tool.name : ''));
}

function codesOf(answers: readonly { data: JsonObject }[]): string {
  return answers.map(({ data }) => (typeof data.code === 'string' ? data.code : 'no code')).join(' ');
}

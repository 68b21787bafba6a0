import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { faultNamed, faults } from '../../src/cli/demo/faults.ts';
import { CliHome } from '../support/command-line.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

const built = resolve('dist/main.js');

/** What each fault is called by the diagnosis, where its cause lies, and which tool heals it. */
const causes: Readonly<Record<string, readonly [finding: string, tool: string]>> = {
  'image-tag': ['WARNING IMAGE_NOT_FOUND Deployment/storefront in shop', 'k8s_rollout'],
  command: ['WARNING COMMAND_CANNOT_RUN Deployment/worker in shop', 'k8s_rollout'],
  'config-key': ['WARNING CONFIG_MAP_KEY_MISSING ConfigMap/shop-settings in shop', 'k8s_rollout'],
  'missing-secret': ['WARNING SECRET_MISSING Secret/session-key in shop', 'k8s_rollout'],
  'memory-limit': ['WARNING OUT_OF_MEMORY Deployment/catalog in shop', 'k8s_rollout'],
  'readiness-path': ['WARNING PROBE_WRONG_PATH Deployment/cart in shop', 'k8s_rollout'],
  'readiness-port': ['WARNING PROBE_WRONG_PORT Deployment/storefront in shop', 'k8s_rollout'],
  'cpu-request': ['WARNING POD_TOO_LARGE Deployment/search in shop', 'k8s_rollout'],
  'node-selector': ['CRITICAL NODE_LABEL_MISSING Deployment/image-resizer in shop', 'k8s_patch'],
  'target-port': ['CRITICAL SERVICE_PORT_NOT_SERVED Service/cart in shop', 'k8s_patch'],
  'service-selector': ['CRITICAL SERVICE_SELECTS_NOTHING Service/catalog in shop', 'k8s_patch'],
  dependency: ['CRITICAL HOST_NAME_UNKNOWN Deployment/cart in shop', 'k8s_set'],
  'network-policy': ['CRITICAL NETWORK_POLICY_BLOCKS_PATH NetworkPolicy/redis in shop', 'k8s_patch'],
  'ingress-port': ['CRITICAL INGRESS_PORT_UNKNOWN Ingress/shop in shop', 'k8s_patch'],
  'ingress-tls': ['CRITICAL INGRESS_TLS_SECRET_MISSING Secret/shop-tsl in shop', 'k8s_patch'],
  'cluster-dns': ['CRITICAL CLUSTER_DNS_DOWN Deployment/coredns in kube-system', 'k8s_scale'],
  'database-down': ['CRITICAL SCALED_TO_ZERO StatefulSet/postgres in shop', 'k8s_scale'],
  quota: ['WARNING QUOTA_EXCEEDED ResourceQuota/payments in payments', 'k8s_patch'],
  'autoscaler-target': ['CRITICAL HPA_TARGET_MISSING HorizontalPodAutoscaler/api in shop', 'k8s_patch'],
  'disruption-budget': ['WARNING BUDGET_ALLOWS_NOTHING PodDisruptionBudget/api in shop', 'k8s_patch'],
};

test('every fault is told once, and most are healed by a fix that follows from the cluster', () => {
  expect(faults.map(fault => fault.name)).toEqual(Object.keys(causes));
  // The changelog says twenty, the guide that four of them leave a question.
  expect(faults).toHaveLength(20);
  expect(faults.filter(fault => fault.answer !== undefined)).toHaveLength(4);
  expect(new Set(faults.map(fault => fault.told)).size).toBe(faults.length);
});

describe('a demo of a fault', () => {
  let home: CliHome;
  beforeAll(async () => {
    home = await CliHome.make({ main: built });
    home.env['TMPDIR'] = home.dir;
    return async () => {
      const left = await readdir(home.dir);
      await home.remove();
      expect(left).toEqual(['vigie.yaml']);
    };
  });

  test.concurrent.each(faults.map(fault => [fault.name, fault] as const))(
    'of %s breaks the shop, names the cause, and heals it with a yes',
    async (name, fault) => {
      const { status, stdout, stderr } = await home.run('demo', '--yes', '--fault', name);
      expect(stderr).toBe('');
      const [finding, tool] = causes[name] ?? ['', ''];
      const told = [
        'demo: nothing found wrong',
        fault.told,
        finding,
        ...(fault.answer === undefined ? ['fix: vigie k8s '] : ['question: ', fault.answer.told]),
        `agent → ${tool} {`,
        'approval_required: ticket',
        'Answered yes (--yes) by the sandbox itself',
        'done: ',
        'demo: nothing found wrong',
        'healed: ',
        'vigie demo --list',
      ];
      let at = 0;
      for (const text of told) {
        const found = stdout.indexOf(text, at);
        expect(found, `"${text}" after what came before it, in:\n${stdout}`).toBeGreaterThanOrEqual(0);
        at = found + text.length;
      }
      // One fault in the world is one finding.
      expect(stdout.match(/^ {3}(?:CRITICAL|WARNING) /gm)).toHaveLength(1);
      expect(status).toBe(0);
    },
  );

  test('changes nothing where the person says no, and says that the fault stays', async () => {
    const terminal = new PseudoTerminal(home.command('demo', '--fault'), home.env);
    try {
      await terminal.until('IMAGE_NOT_FOUND');
      await terminal.until('go? [y/N] ');
      terminal.type('n\r');
      await terminal.until('rejected: ');
      await terminal.until('demo: 1 warning');
      await terminal.until('IMAGE_NOT_FOUND stays');
      expect(await terminal.ended()).toBe(0);
      expect(terminal.shown).not.toContain('done: ');
      expect(terminal.shown).not.toContain('healed: ');
    } finally {
      terminal.close();
    }
  });

  test('that is stopped at the question leaves nothing behind', async () => {
    const terminal = new PseudoTerminal(home.command('demo', '--fault', 'ingress-tls'), home.env);
    try {
      await terminal.until('go? [y/N] ');
      expect(await demoFolders(home)).toHaveLength(1);
      terminal.type('\u0003');
      await terminal.until('Nothing was decided');
      expect(await terminal.ended()).toBe(1);
      expect(await demoFolders(home)).toEqual([]);
    } finally {
      terminal.close();
    }
  });

  test('that is stopped in the middle leaves nothing behind', async () => {
    const child = home.start('demo', '--yes', '--fault', 'cluster-dns');
    const said = { out: '', err: '' };
    child.stdout?.on('data', (data: Buffer) => {
      const before = said.out.includes('Somebody breaks it');
      said.out += data.toString();
      if (!before && said.out.includes('Somebody breaks it')) child.kill('SIGINT');
    });
    child.stderr?.on('data', (data: Buffer) => {
      said.err += data.toString();
    });
    const [status] = await once(child, 'close');
    expect(said.err).toContain('The demo was stopped; nothing of it is left.');
    expect(said.out).not.toContain('healed: ');
    expect(status).toBe(130);
    expect(await demoFolders(home)).toEqual([]);
  });

  test('is told apart from the list of what there is, and from a name that is none', async () => {
    const { status, stdout } = await home.run('demo', '--list');
    expect(status).toBe(0);
    for (const { name, told } of faults) expect(stdout).toMatch(new RegExp(`^${name} .* ${told}$`, 'm'));
    const refused = await home.run('demo', '--fault', 'image-tga');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('There is no fault image-tga, only image-tag.');
    expect(refused.stderr).toContain('vigie demo --list');
    expect(() => faultNamed('__proto__')).toThrow(/There is no fault __proto__\. There are: image-tag, /);
  });
});

async function demoFolders(home: CliHome): Promise<string[]> {
  return (await readdir(home.dir)).filter(name => name.startsWith('vigie-demo-'));
}

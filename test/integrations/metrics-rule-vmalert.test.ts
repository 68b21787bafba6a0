import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemChecks } from '../../src/desk/checks/systems.ts';
import { idOf, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { isInstalled, type RealServer, unlessMissing } from './support/start-program.ts';
import { importSamples, startVictoriaMetrics } from './support/victoria-metrics.ts';
import { startVmalert } from './support/vmalert.ts';

const missing = ['victoria-metrics', 'vmalert'].filter(program => !isInstalled(program));

describe.skipIf(missing.length > 0)(
  `rules of a VictoriaMetrics, on a real vmalert${missing.map(unlessMissing).join('')}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'vigie-vmalert-rules-'));
    let victoria: RealServer;
    let vmalert: RealServer;
    let vigie: TestVigie;

    beforeAll(async () => {
      victoria = await startVictoriaMetrics();
      // vmalert looks at what is half a minute old.
      const ages = [60, 45, 30, 15, 1].map(seconds => Date.now() - seconds * 1_000);
      const lines = ages.flatMap(time => ['a', 'b'].map(job => `up{job="${job}"} 1 ${time}\n`));
      await importSamples(victoria, lines.join(''));
      writeFileSync(
        join(folder, 'other.yml'),
        'groups: [{name: other, rules: [{alert: Other, expr: up == 9}]}]\n',
      );
      vmalert = await startVmalert({ rulesFolder: folder, victoria: victoria.url });
    });
    afterAll(async () => {
      await Promise.all([victoria?.close(), vmalert?.close()]);
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(async () => {
      vigie = await startVigie({
        sections: `    metrics: {prometheus: "${victoria.url}", vmalert: "${vmalert.url}", rules: {directory: ${folder}}}\n`,
      });
    });
    afterEach(async () => {
      await vigie.stop();
      for (const name of readdirSync(folder)) if (name !== 'other.yml') rmSync(join(folder, name));
    });

    const odd = {
      alert: 'Odd',
      expr: 'range_median(up) > 0',
      labels: { severity: 'page' },
      annotations: { summary: 'Odd: {{ $labels.job }}' },
    };
    const asked = { name: 'shop', environment: 'test', waitSeconds: 20, rules: [odd] };

    test('what would fire is told, and it is done once vmalert evaluates them; undone, it has none of them', async () => {
      const ticket = await vigie.call('metrics_rule', asked);
      expect(ticket.status, ticket.text).toBe('approval_required');
      expect(ticket.text).toContain('Odd: 2 series');
      const done = await vigie.approve(idOf(ticket));
      expect(done.data, done.text).toMatchObject({
        status: 'done',
        evidence: [`${vmalert.url} evaluates all 1 rules of it.`],
      });
      const alerts = await vi.waitFor(
        async () => {
          const seen = await vigie.call('metrics_alerts', { environment: 'test' });
          expect(seen.text).toContain('2 firing');
          return seen;
        },
        { timeout: 15_000, interval: 500 },
      );
      expect(alerts.text).toContain(`from ${vmalert.url}`);
      const undo = await vigie.call('changes_undo', { id: idOf(ticket), environment: 'test' });
      const back = await vigie.approve(idOf(undo));
      expect(back.data, back.text).toMatchObject({
        status: 'done',
        evidence: [`${vmalert.url} lists none of it any more.`],
      });
    });

    test('a label that goes is seen to be gone, and labels of a group and of the command line are not mistaken', async () => {
      writeFileSync(
        join(folder, 'shop.yml'),
        'groups:\n  - name: shop\n    labels: {team: a}\n    rules: []\n',
      );
      const done = async (rule: object) => {
        const ticket = await vigie.call('metrics_rule', { ...asked, rules: [rule] });
        const settled = await vigie.approve(idOf(ticket));
        expect(settled.status, settled.text).toBe('done');
      };
      await done(odd);
      expect(readFileSync(join(folder, 'shop.yml'), 'utf8')).toContain('team: a');
      await done({ ...odd, labels: {} });
      const rules = JSON.stringify(await (await fetch(`${vmalert.url}/api/v1/rules`)).json());
      expect(rules).toContain('"team":"a"');
      expect(rules).not.toContain('severity');
    });

    test('a file that vmalert cannot read leaves it unverified, with what keeps it', async () => {
      writeFileSync(join(folder, 'broken.yml'), 'groups: [');
      const ticket = await vigie.call('metrics_rule', { ...asked, waitSeconds: 2 });
      const done = await vigie.approve(idOf(ticket));
      expect(done.status, done.text).toBe('unverified');
      expect(done.text).toContain('Odd is not loaded as it is written');
    });

    test('without its vmalert named, it says where to name it', async () => {
      const blind = await startVigie({
        sections: `    metrics: {prometheus: "${victoria.url}", rules: {directory: ${folder}}}\n`,
      });
      try {
        const ticket = await blind.call('metrics_rule', { ...asked, waitSeconds: 1 });
        const done = await blind.approve(idOf(ticket));
        expect(done.status, done.text).toBe('unverified');
        expect(done.text).toContain('name its vmalert under metrics.vmalert');
      } finally {
        await blind.stop();
      }
    });

    test('doctor asks vmalert who it is', async () => {
      const checks: string[] = [];
      for (const environment of vigie.vigie.environments)
        for await (const { what } of systemChecks(environment, { signal: AbortSignal.timeout(10_000) }))
          checks.push(what);
      expect(checks).toEqual([
        `prometheus: ${victoria.url} answers (VictoriaMetrics)`,
        `vmalert: ${vmalert.url} answers (vmalert)`,
      ]);
    });
  },
);

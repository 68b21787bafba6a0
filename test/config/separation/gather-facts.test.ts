import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/config.ts';
import { accountsNamed } from '../../../src/config/separation/accounts.ts';
import {
  type DaemonPlace,
  gatherSeparation,
  SeparationWatch,
} from '../../../src/config/separation/gather-facts.ts';

let dir: string;
let place: DaemonPlace;
let now: number;

beforeEach(async () => {
  dir = mkdtempSync(join(realpathSync(tmpdir()), 'vigie-separation-'));
  for (const name of ['agent', 'approve', 'home', 'etc']) mkdirSync(join(dir, name), { mode: 0o700 });
  writeFileSync(join(dir, 'etc', 'vigie.yaml'), 'environments: {}\n', { mode: 0o600 });
  const env = { HOME: join(dir, 'home'), VIGIE_HOME: join(dir, 'home') };
  place = {
    config: await loadConfig({ file: join(dir, 'etc', 'vigie.yaml'), env, systemFolder: join(dir, 'none') }),
    agentFolder: join(dir, 'agent'),
    approveFolder: join(dir, 'approve'),
    program: [process.execPath, join(process.cwd(), 'dist', 'main.js')],
    env,
  };
  now = Date.now();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const watching = () => new SeparationWatch(() => new Date(now));
const alone = `nobody but ${userInfo().username} itself may reach the agents' socket, so whoever asks may be ${userInfo().username}`;

test('a daemon that only its own account reaches is advisory', async () => {
  expect(await watching().worth(place)).toMatchObject({
    assurance: 'advisory',
    reasons: expect.arrayContaining([expect.objectContaining({ why: alone })]),
    askers: [],
    deciders: [],
  });
});

test('a mode that is changed counts a minute later, and until then nothing is looked at again', async () => {
  const watch = watching();
  const before = await watch.worth(place);
  chmodSync(dir, 0o755);
  chmodSync(place.agentFolder, 0o755);
  now += 59_000;
  expect(await watch.worth(place)).toBe(before);
  now += 2_000;
  const after = await watch.worth(place);
  expect(after.reasons.map(({ why }) => why)).not.toContain(alone);
  expect(after.askers.length).toBeGreaterThan(0);
});

test('where nothing is otherwise the answer stays the very same', async () => {
  const watch = watching();
  const before = await watch.worth(place);
  now += 61_000;
  expect(await watch.worth(place)).toBe(before);
});

test('another configuration is looked at at once', async () => {
  const watch = watching();
  await watch.worth(place);
  chmodSync(dir, 0o755);
  chmodSync(place.agentFolder, 0o755);
  const { reasons } = await watch.worth({ ...place, config: { ...place.config } });
  expect(reasons.map(({ why }) => why)).not.toContain(alone);
});

test('a clock that is set back does not keep an old answer', async () => {
  const watch = watching();
  await watch.worth(place);
  chmodSync(dir, 0o755);
  chmodSync(place.agentFolder, 0o755);
  now -= 3_600_000;
  const { reasons } = await watch.worth(place);
  expect(reasons.map(({ why }) => why)).not.toContain(alone);
});

test('a file deep in a package that an asker may write is a reason', async () => {
  const deep = join(dir, 'node_modules', 'zod', 'v4', 'core.js');
  for (const file of [deep, join(dir, 'dist', 'main.js')]) {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o755 });
    writeFileSync(file, '', { mode: 0o644 });
  }
  chmodSync(dir, 0o755);
  chmodSync(place.agentFolder, 0o755);
  place = { ...place, program: [join(dir, 'dist', 'main.js')] };
  const about = async () =>
    (await watching().worth(place)).reasons.filter(({ why }) => why.includes(deep)).map(({ todo }) => todo);
  expect(await about()).toEqual([]);
  chmodSync(deep, 0o666);
  expect(new Set(await about())).toEqual(new Set([`chmod go-w '${deep}'`]));
});

test('the homes of those who decide, the daemon’s unit and the command itself are looked at', async () => {
  for (const folder of [dir, place.approveFolder]) chmodSync(folder, 0o755);
  const { guarded } = await gatherSeparation(place, { open: [], whole: true });
  const found = guarded.map(({ what, facts }) => `${what}: ${facts.path}`);
  expect(found).toContain("the daemon's unit: /etc/systemd/system/vigie.service");
  expect(found).toContain('what a shell starts as vigie: /usr/local/bin/vigie');
  const bin = (await accountsNamed(['bin']))[0];
  expect(bin).toBeDefined();
  expect(found).toContain(`what acts for bin: ${bin?.home}`);
  expect(guarded.filter(({ facts }) => facts.fault !== undefined)).toEqual([]);
});

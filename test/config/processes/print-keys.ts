// One of several processes that need the keys of a new home at once: home.
import { homeAt } from '../../../src/config/home.ts';
import { loadKeys } from '../../../src/config/keys.ts';

const { seal, digest, copies } = await loadKeys(homeAt(process.argv[2] ?? ''));
process.stdout.write(Buffer.concat([seal, digest, copies]).toString('hex'));

import { join } from 'node:path';
import { temporaryFolder } from '../open-temporary.ts';
import { survivesDeaths } from './deaths.ts';

survivesDeaths(async () => join(await temporaryFolder(), 'runs.db'));

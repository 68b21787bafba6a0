import { testPart } from './play-cases.ts';

await testPart(1, 2);

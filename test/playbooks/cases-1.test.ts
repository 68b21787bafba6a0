import { testPart } from './play-cases.ts';

await testPart(0, 2);

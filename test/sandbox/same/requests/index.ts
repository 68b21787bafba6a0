import type { Ask } from '../ask.ts';
import { admission } from './admission.ts';
import { changes } from './changes.ts';
import { custom } from './custom.ts';
import { doors } from './doors.ts';
import { leastAndHands } from './least.ts';
import { lists } from './lists.ts';
import { lives } from './lives.ts';
import { patches } from './patches.ts';
import { wire } from './wire.ts';

/** Requests about one thing, asked in their order of a cluster that has met none before. */
export interface Subject {
  subject: string;
  asks: Ask[];
}

export const subjects: Subject[] = [
  { subject: 'wire', asks: wire },
  { subject: 'least', asks: leastAndHands },
  { subject: 'lives', asks: lives },
  { subject: 'lists', asks: lists },
  { subject: 'patches', asks: patches },
  { subject: 'changes', asks: changes },
  { subject: 'doors', asks: doors },
  { subject: 'custom', asks: custom },
  { subject: 'admission', asks: admission },
];

import { survivesCrashes } from './crash-points.ts';

survivesCrashes();

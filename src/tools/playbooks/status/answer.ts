import type { JsonObject } from '../../../core/json.ts';

export interface StatusAnswer {
  data: {
    run?: string;
    playbook?: string;
    environment?: string;
    status?: string;
    steps?: JsonObject[];
    waits?: JsonObject[];
    failure?: string;
    changes?: JsonObject[];
    output?: unknown;
    runs?: JsonObject[];
    truncated: boolean;
    approveWith?: string;
    next?: string;
  };
  text: string;
}

import { expect } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import type { ApiCaller } from './api-caller.ts';

interface Right {
  user: string;
  verb: string;
  resource: string;
  /** Default: the core group. */
  group?: string;
  /** Default: of the whole cluster. */
  namespace?: string;
  name?: string;
}

/** Until the server goes by a role and its binding, which it hears of a moment after they were made. */
export async function untilAllowed(call: ApiCaller, { user, ...resourceAttributes }: Right): Promise<void> {
  await eventually(async () => {
    const { body } = await call({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user, resourceAttributes },
      },
    });
    expect(body['status']).toMatchObject({ allowed: true });
  });
}

import { expect, test } from 'vitest';
import { errorFromAnswer } from '../../../src/clients/kube/errors.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { statusOf } from '../../support/wire.ts';

const asked = { verb: 'apply', what: 'Deployment/web in shop', resource: 'deployments', namespace: 'shop' };

function failure(status: JsonObject | string, more: { verb?: string; secret?: boolean } = {}) {
  const body = Buffer.from(typeof status === 'string' ? status : JSON.stringify(status));
  const code = typeof status === 'string' ? 404 : Number(status['code']);
  return errorFromAnswer({ status: code, body }, { ...asked, ...more });
}

test.each([
  [
    'an object of that name',
    statusOf(409, { reason: 'AlreadyExists', message: 'deployments.apps "web" already exists' }),
    { code: 'ALREADY_EXISTS' },
  ],
  [
    'a stale version',
    statusOf(409, {
      reason: 'Conflict',
      message: 'Operation cannot be fulfilled on deployments.apps "web": the object has been modified',
    }),
    { code: 'CONFLICT', details: { cause: 'changed' } },
  ],
  [
    'another uid',
    statusOf(409, {
      reason: 'Conflict',
      message: 'Precondition failed: UID in precondition: a, UID in object meta: b',
    }),
    { code: 'CONFLICT', details: { cause: 'replaced' } },
  ],
  [
    'another owner of a field',
    statusOf(409, {
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "argo" using apps/v1',
            field: '.spec.replicas',
          },
        ],
      },
    }),
    {
      code: 'CONFLICT',
      message: 'Deployment/web in shop: .spec.replicas belongs to argo',
      details: { cause: 'owned', owners: ['argo'], fields: ['.spec.replicas'] },
    },
  ],
  [
    'a disruption budget',
    statusOf(429, {
      reason: 'TooManyRequests',
      message: 'Cannot evict pod',
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget web needs 3 healthy pods and has 3 currently',
          },
        ],
      },
    }),
    { code: 'BLOCKED_BY_BUDGET', retryable: true },
  ],
  [
    'too many requests',
    statusOf(429, { reason: 'TooManyRequests', message: 'slow down' }),
    { code: 'SERVER_ERROR', retryable: true },
  ],
  [
    'a field that server-side apply does not know',
    statusOf(500, {
      message:
        'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="c"].imagee: field not declared in schema',
    }),
    { code: 'INVALID_MANIFEST', details: { field: 'spec.template.spec.containers[name="c"].imagee' } },
  ],
  [
    'a field that strict decoding does not know',
    statusOf(400, {
      reason: 'BadRequest',
      message: 'strict decoding error: unknown field "spec.foo", unknown field "spec.bar"',
    }),
    { code: 'INVALID_MANIFEST', details: { field: 'spec.foo', fields: ['spec.foo', 'spec.bar'] } },
  ],
  [
    'a wrong type',
    statusOf(400, {
      reason: 'BadRequest',
      message:
        'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    }),
    { code: 'INVALID_MANIFEST', details: { field: 'DeploymentSpec.spec.replicas' } },
  ],
  [
    'an amount of another form, behind the whole object',
    statusOf(422, {
      reason: 'Invalid',
      message: `Deployment.apps "web" is invalid: patch: Invalid value: "{\\"password\\":\\"hunter2\\"}": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
      details: { causes: [{ reason: 'FieldValueInvalid', message: 'x', field: 'patch' }] },
    }),
    {
      code: 'INVALID_MANIFEST',
      message: expect.stringMatching(/^(?!.*hunter2).*quantities must match the regular expression '\^/),
    },
  ],
  [
    'an access rule',
    statusOf(403, {
      reason: 'Forbidden',
      message: 'deployments.apps is forbidden: User "bob" cannot patch resource',
    }),
    {
      code: 'FORBIDDEN',
      details: { verb: 'apply', resource: 'deployments', namespace: 'shop' },
      hint: expect.stringContaining('RBAC'),
    },
  ],
  [
    'a quota',
    statusOf(403, { reason: 'Forbidden', message: 'pods "x" is forbidden: exceeded quota: q' }),
    { code: 'FORBIDDEN', message: expect.stringContaining('exceeded quota: q'), hint: undefined },
  ],
  [
    'a webhook that denies',
    statusOf(400, { message: 'admission webhook "no.example" denied the request: no latest' }),
    { code: 'FORBIDDEN', details: { webhook: 'no.example' } },
  ],
  [
    'a webhook that does not answer',
    statusOf(500, {
      reason: 'InternalError',
      message: 'Internal error occurred: failed calling webhook "wh.example.com": connection refused',
    }),
    { code: 'SERVER_ERROR', details: { webhook: 'wh.example.com' } },
  ],
  [
    'rules that it breaks',
    statusOf(422, {
      reason: 'Invalid',
      message: 'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1',
      details: {
        causes: [{ reason: 'FieldValueInvalid', message: 'Invalid value: -1', field: 'spec.replicas' }],
      },
    }),
    {
      code: 'REJECTED_BY_SERVER',
      details: { causes: [{ field: 'spec.replicas', message: 'Invalid value: -1' }] },
    },
  ],
  [
    'no object of that name',
    statusOf(404, {
      reason: 'NotFound',
      message: 'deployments.apps "web" not found',
      details: { name: 'web', kind: 'deployments' },
    }),
    { code: 'NOT_FOUND', message: 'Deployment/web in shop does not exist' },
  ],
  [
    'no namespace of that name',
    statusOf(404, {
      reason: 'NotFound',
      message: 'namespaces "shop" not found',
      details: { name: 'shop', kind: 'namespaces' },
    }),
    { code: 'NOT_FOUND', message: 'Namespace/shop does not exist' },
  ],
  ['a group that is not served', '404 page not found\n', { code: 'UNKNOWN_KIND' }],
  [
    'expired credentials',
    statusOf(401, { reason: 'Unauthorized', message: 'Unauthorized' }),
    { code: 'UNAUTHENTICATED' },
  ],
  [
    'a server that waits too long',
    statusOf(504, { reason: 'Timeout', message: 'Too large resource version' }),
    { code: 'TIMEOUT', retryable: true },
  ],
])('%s is told apart', (_what, status, expected) => {
  expect(failure(status)).toMatchObject(expected);
});

const planted = 'c3VwZXItc2VjcmV0';

test.each([
  statusOf(422, {
    reason: 'Invalid',
    message: `Secret "s" is invalid: data[k]: Invalid value: "${planted}"`,
    details: {
      causes: [{ reason: 'FieldValueInvalid', message: `Invalid value: "${planted}"`, field: 'data[k]' }],
    },
  }),
  statusOf(422, {
    reason: 'Invalid',
    message: ` "" is invalid: patch: Invalid value: "{\\"data\\":{\\"k\\":\\"${planted}\\"}}": strict decoding error: unknown field "dataa"`,
    details: {
      causes: [{ reason: 'FieldValueInvalid', message: `Invalid value: "${planted}"`, field: 'patch' }],
    },
  }),
  statusOf(400, { reason: 'BadRequest', message: `json: cannot unmarshal ${planted} into Go value` }),
  statusOf(403, { reason: 'Forbidden', message: `admission webhook "w" denied the request: ${planted}` }),
  statusOf(500, { message: `something about ${planted}` }),
])('no value of a Secret passes through a refusal: $code', status => {
  const error = failure(status, { secret: true });
  expect(JSON.stringify([error.message, error.details, error.hint])).not.toContain(planted);
});

test('a patch that does not decode is told by its field, without the object that the server quotes', () => {
  const error = failure(
    statusOf(422, {
      reason: 'Invalid',
      message: ` "" is invalid: patch: Invalid value: "{\\"env\\":\\"${planted}\\"}": strict decoding error: unknown field "spec.repliKas"`,
      details: {
        causes: [{ reason: 'FieldValueInvalid', message: `Invalid value: "${planted}"`, field: 'patch' }],
      },
    }),
  );
  expect(error).toMatchObject({ code: 'INVALID_MANIFEST', details: { field: 'spec.repliKas' } });
  expect(JSON.stringify([error.message, error.details])).not.toContain(planted);
});

test.each([
  [
    'as Go prints it',
    'Job "a" is invalid: spec.template: Invalid value: core.PodSpec{Env:[]core.EnvVar{{Value:"VALUE"}}}: field is immutable',
    'Job "a" is invalid: spec.template: Invalid value: core.PodSpec{…}: field is immutable',
  ],
  [
    'as JSON',
    'Job "a" is invalid: spec: Invalid value: {"env":"VALUE }"}: field is immutable',
    'Job "a" is invalid: spec: Invalid value: {…}: field is immutable',
  ],
  [
    'without its end',
    'pods "a" is invalid: core.PodSpec{Env: "VALUE',
    'pods "a" is invalid: core.PodSpec{…}',
  ],
  ['but a pattern stays', "should match '^[a-z]{1,3}$'", "should match '^[a-z]{1,3}$'"],
])('of an object that the server prints nothing is told: %s', (_how, message, told) => {
  const causes = [{ reason: 'FieldValueInvalid', message, field: 'spec' }];
  const error = failure(statusOf(422, { reason: 'Invalid', message, details: { causes } }));
  expect(error.message).toBe(`apply Deployment/web in shop failed: ${told}`);
  expect(error.details).toEqual({ causes: [{ field: 'spec', message: told }] });
});

test('a message is one bounded line without control or bidi characters', () => {
  const error = failure(statusOf(500, { message: `a\u001b[2Jb\r\n\u202ec${'x'.repeat(100_000)}` }));
  expect(error.message.length).toBeLessThan(1_200);
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  expect(error.message).not.toMatch(/[\u0000-\u001f\u202e]/);
});

test('a wrong argument of a read is the caller’s, not the object’s', () => {
  const status = statusOf(400, { reason: 'BadRequest', message: 'field label not supported: spec.foo' });
  expect(failure(status, { verb: 'list' })).toMatchObject({ code: 'INVALID_INPUT' });
});

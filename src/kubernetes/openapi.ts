import type { JsonObject } from '../core/json.ts';

/** The body of GET /openapi/v3: where the document of each group-version is. */
export function openApiV3Index(): JsonObject {
  return { paths: {} };
}

/** The OpenAPI v3 document of one group-version (`v1`, `apps/v1`); undefined when it is not served. */
export function openApiV3Doc(groupVersion: string): JsonObject | undefined {
  void groupVersion;
  return undefined;
}

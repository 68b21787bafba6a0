// Stands in the bundle for what the MCP SDK takes from its platform. The original brings a JSON Schema validator, two
// fifths of the SDK's size and loaded before the first answer, for servers that push forms to legacy clients or
// register tools by JSON Schema; Vigie does neither: its inputs are checked by zod, in the pipeline.
export { default as process } from 'node:process';

export class DefaultJsonSchemaValidator {
  getValidator() {
    throw new Error('JSON Schema is not validated here.');
  }
}

// Modules whose value no start decides. The build runs each of them once and bundles what it exports, as JSON, instead of
// its code and all that it imports.
import { build } from 'esbuild';

const paths = /\/src\/tools\/listings\.ts$/;

/** `options` are those of the build around it that tell how code is resolved. */
export function evaluated(options) {
  return {
    name: 'evaluated',
    setup(outer) {
      outer.onLoad({ filter: paths }, async ({ path }) => ({ contents: await evaluate(path, options) }));
    },
  };
}

async function evaluate(path, options) {
  const { outputFiles } = await build({ ...options, entryPoints: [path], bundle: true, write: false });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  const exported = await import(`data:text/javascript;base64,${code}`);
  return Object.entries(exported)
    .map(([name, value]) => {
      // Parsed faster than a literal of JavaScript, and no code is compiled or kept for it.
      return `export const ${name} = JSON.parse(${JSON.stringify(JSON.stringify(value))});`;
    })
    .join('\n');
}

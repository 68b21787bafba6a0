import { DirectoryWriter } from '../../../../src/clients/directory/writer.ts';

// Begins a copy in a process of its own, says so, and never goes on.
const [root = '', set = '', copy = ''] = process.argv.slice(2);
const draft = await new DirectoryWriter({ name: 'disk', root }).begin({ set, copy });
async function* half(): AsyncIterable<Uint8Array> {
  yield Buffer.from('half');
  process.send?.('begun');
  await new Promise(resolve => setTimeout(resolve, 60_000));
}
await draft.put('a.dump', half());

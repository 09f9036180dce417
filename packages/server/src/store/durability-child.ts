import { openStore } from './open-store.ts';
import { sampleLink } from './sample-records.ts';

/**
 * The child of the kill test: stores links one after the other, and names each on standard output when its call has
 * resolved, which is when the store has promised it. Ends only when it is killed.
 */
const [dataFolder, clusterId, round] = process.argv.slice(2);
if (dataFolder === undefined || clusterId === undefined)
  throw new Error('data folder and cluster id are needed');

const store = await openStore({ dataFolder });
for (let i = 0; ; i += 1) {
  const name = `link-${round}-${i}`;
  await store.transaction(async (inner) => {
    await inner.links.create(sampleLink(clusterId, name));
    await inner.links.create(sampleLink(clusterId, `${name}-twin`));
  });
  process.stdout.write(`${name}\n`);
}

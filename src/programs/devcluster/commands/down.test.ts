import { describe, expect, it } from 'vitest';
import { readClusters } from '../clusters.ts';
import { Scratch, testDesk } from '../fixtures.ts';
import { createGolden, goldenVolumes, sealGolden } from '../golden/volume.ts';
import { down } from './down.ts';
import { machinesOf, upOn } from './up-fixtures.ts';

describe('down', () => {
  it('removes a cluster without a trace, and only that', async () => {
    using scratch = new Scratch();
    const first = await upOn(scratch, { name: 'lab', machines: '2' });
    const second = await upOn(scratch, { name: 'other', machines: '1' }, first);
    await down(testDesk({ scratch, before: second }), 'lab', {});
    expect((await readClusters(second.docker)).map(({ name }) => name)).toEqual(['other']);
    expect((await second.docker.volumes({})).every(({ name }) => name.startsWith('other-'))).toBe(true);
  });

  it('takes along what an interrupted up left of its images', async () => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { name: 'lab', machines: '1' });
    await createGolden(desk.docker, 'half', ['redis:2.8']);
    await createGolden(desk.docker, 'whole', ['redis:2.8']);
    await sealGolden(desk.docker, 'whole');
    await down(testDesk({ scratch, before: desk }), 'lab', {});
    expect((await goldenVolumes(desk.docker)).map(({ hash }) => hash)).toEqual(['whole']);
  });

  it('succeeds the second time, and says that there was nothing', async () => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { name: 'lab', machines: '1' });
    await down(testDesk({ scratch, before: desk }), 'lab', {});
    const again = testDesk({ scratch, before: desk });
    await down(again, 'lab', {});
    expect(again.io.errors()).toContain('There is no cluster "lab"; nothing was removed.');
  });

  it('names near clusters after a slip, and removes nothing', async () => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { name: 'lab', machines: '1' });
    const slip = testDesk({ scratch, before: desk });
    await down(slip, 'lba', {});
    expect(slip.io.errors()).toContain('Did you mean "lab"?');
    expect(await machinesOf(desk)).toHaveLength(1);
  });
});

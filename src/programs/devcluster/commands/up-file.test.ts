import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MemoryImages } from '../../../ports/docker/images-memory.ts';
import { readClusters } from '../clusters.ts';
import { Scratch, testDesk } from '../fixtures.ts';
import type { Golden } from '../golden/golden.ts';
import { type UpOptions, up } from './up.ts';
import { codeOf, counted, machinesOf, upOn } from './up-fixtures.ts';

describe('up with a cluster file', () => {
  const written = (scratch: Scratch, text: string): void => {
    mkdirSync(join(scratch.path, 'services'));
    writeFileSync(join(scratch.path, 'devcluster.yaml'), text);
    writeFileSync(join(scratch.path, 'services', 'web@.service'), '[Service]\nExecStart=/bin/true\n');
    writeFileSync(join(scratch.path, 'services', 'db.service'), '[Service]\nExecStart=/bin/false\n');
  };

  it('finds the nearest one, submits its units and starts those that it says', async () => {
    using scratch = new Scratch();
    written(
      scratch,
      'name: shop\nmachines: 1\nunits:\n  submitted: [services/*.service]\n  started: [services/web@1.service]\n',
    );
    const desk = await upOn(scratch, {});
    expect(await machinesOf(desk, 'shop')).toHaveLength(1);
    const units = (await desk.fleet.units()).map(({ name, desired }) => [name, desired]);
    expect(units).toEqual([
      ['db.service', 'inactive'],
      ['registrator.service', 'launched'],
      ['skydns.service', 'launched'],
      ['web@.service', 'inactive'],
      ['web@1.service', 'launched'],
    ]);
    const again = await upOn(scratch, {}, desk);
    expect(again.io.errors()).toContain('Nothing to do: "shop" has its machine and units.');
  });

  it('gives changed images to the machines that are there', async () => {
    using scratch = new Scratch();
    const file = 'name: shop\nmachines: 1\nimages:\n  - reference: redis:2.8\n';
    writeFileSync(join(scratch.path, 'devcluster.yaml'), file);
    const before: Golden = { volume: 'first', images: [{ reference: 'redis:2.8', name: 'redis:2.8', content: '1' }] };
    const after: Golden = { volume: 'second', images: [{ reference: 'redis:2.8', name: 'redis:2.8', content: '2' }] };
    const desk = testDesk({ scratch, golden: before });
    await up(desk, {});
    const same = testDesk({ scratch, before: desk, golden: before });
    await up(same, {});
    expect(same.io.errors()).toContain('Nothing to do');
    const changed = testDesk({ scratch, before: desk, golden: after });
    const engine = await changed.engine({ provide: false, agreed: false, said: () => {} });
    (engine.images as MemoryImages).add('redis:2.8');
    await up(changed, {});
    expect(counted(changed, 'exec shop-core-01 /bin/sh -c docker load')).toBe(1);
    expect(changed.io.errors()).toContain('core-01 has redis:2.8 anew');
  });

  it.each<[string, UpOptions, boolean]>([
    ['without a name when it was found', {}, false],
    ['with the name that was given', { name: 'lab' }, true],
  ])('says the next commands %s', async (_what, options, named) => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { machines: '1', ...options });
    expect(desk.io.errors().includes(' ssh --name lab core-01')).toBe(named);
    expect(desk.io.errors().includes(' ssh core-01')).toBe(!named);
  });

  it('reports every mistake in it, with the lines', async () => {
    using scratch = new Scratch();
    written(scratch, 'nane: shop\nmachines: 0\n');
    await expect(upOn(scratch, {})).rejects.toThrow(/line 1: .*"nane".*Did you mean "name"[\s\S]*line 2: /);
  });

  it('says which unit file is not there', async () => {
    using scratch = new Scratch();
    written(scratch, 'units: [services/nothing.service]\n');
    await expect(upOn(scratch, {})).rejects.toThrow(/no unit file matches .*\/services\/nothing\.service/);
  });

  it('refuses a unit that fleet would refuse before anything is made', async () => {
    using scratch = new Scratch();
    written(scratch, 'units: [services/*.service]\n');
    writeFileSync(join(scratch.path, 'services', 'bad.service'), '[Service\n');
    const desk = testDesk({ scratch });
    expect(await codeOf(up(desk, {}))).toBe('CLUSTER_FILE_WRONG');
    expect(desk.docker.calls).toEqual([]);
  });

  it.each([
    ['of the file that is pointed at, whatever the shell remembers', 'devcluster.yaml', 'shop'],
    ['that the shell remembers over one in a file that is near', undefined, 'lab'],
  ])('goes by the name %s', async (_, name, made) => {
    using scratch = new Scratch();
    written(scratch, 'name: shop\nmachines: 1\n');
    const desk = testDesk({ scratch, environment: { DEVCLUSTER_NAME: 'lab' } });
    await up(desk, name === undefined ? { machines: '1' } : { file: join(scratch.path, name) });
    expect((await readClusters(desk.docker)).map((cluster) => cluster.name)).toEqual([made]);
  });

  it('does not count when another cluster is named', async () => {
    using scratch = new Scratch();
    written(scratch, 'name: shop\nmachines: 1\n');
    const desk = await upOn(scratch, { name: 'lab', machines: '2' });
    expect(await machinesOf(desk)).toHaveLength(2);
  });
});

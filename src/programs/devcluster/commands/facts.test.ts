import { describe, expect, it } from 'vitest';
import { Scratch, testDesk } from '../fixtures.ts';
import { env } from './env.ts';
import { list } from './list.ts';
import { upOn } from './up-fixtures.ts';

describe('facts', () => {
  it('are printed for shells and for programs', async () => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { name: 'lab', machines: '2' });
    const names = testDesk({ scratch, before: desk });
    await list(names, { output: 'name' });
    expect(names.io.output()).toBe('lab\n');
    const exports = testDesk({ scratch, before: desk, environment: { DEVCLUSTER_NAME: 'lab' } });
    await env(exports, {});
    expect(exports.io.output()).toMatch(/^export DEVCLUSTER_NAME=lab\nexport FLEETCTL_TUNNEL=127\.0\.0\.1:2222\n/);
    expect(exports.io.output()).toContain('ETCDCTL_ENDPOINTS=http://172.17.8.101:2379,http://172.17.8.102:2379');
  });
});

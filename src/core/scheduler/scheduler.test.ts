import { describe, expect, it } from 'vitest';
import { aCluster, aMachine, aUnit } from '../../testing/cluster.ts';
import type { Cluster } from '../cluster/types.ts';
import { applied } from './applied.ts';
import { Scheduler } from './scheduler.ts';
import type { Decision } from './types.ts';

const kinds = (decisions: readonly Decision[]) => decisions.map(({ kind, unit }) => `${kind} ${unit}`);
const why = (decisions: readonly Decision[]) =>
  decisions.flatMap((decision) => (decision.kind === 'hold' ? decision.refusals.map(({ because }) => because) : []));

describe('a scheduler that remembers', () => {
  it('asks a machine again of which only the metadata changed', () => {
    const scheduler = new Scheduler();
    const cluster = aCluster({
      machines: ['m1'],
      units: { 'a.service': { fleet: ['MachineMetadata=disk=ssd', 'MachineOf=b.service'] } },
    });
    expect(why(scheduler.decide(cluster))).toEqual(['local Machine metadata insufficient']);
    const machines = [aMachine('m1', { metadata: 'disk=ssd' })];
    expect(why(scheduler.decide({ ...cluster, machines }))).toEqual([
      'required peer Unit(b.service) is not scheduled locally',
    ]);
  });

  it('says again what was not done', () => {
    const scheduler = new Scheduler();
    const cluster = aCluster({ machines: ['m1'], units: { 'a.service': {} } });
    const first = scheduler.decide(cluster);
    expect(kinds(first)).toEqual(['schedule a.service']);
    expect(scheduler.decide(cluster)).toEqual(first);
    expect(scheduler.decide(applied(cluster, first))).toEqual([]);
  });

  it('shares the refusals of units that ask for the same', () => {
    const fleet = ['Conflicts=redis@*.service'];
    const units = Object.fromEntries([1, 2, 3, 4].map((index) => [`redis@${index}.service`, { fleet }]));
    const [, two, three, four] = new Scheduler().decide(aCluster({ machines: ['m1'], units }));
    expect([two, three, four].every((decision) => decision?.kind === 'hold')).toBe(true);
    expect(three).toHaveProperty('refusals', two?.kind === 'hold' ? two.refusals : []);
    expect(four?.kind === 'hold' && two?.kind === 'hold' && four.refusals === two.refusals).toBe(true);
  });

  it('tells units apart that a newcomer treats differently', () => {
    const scheduler = new Scheduler();
    const units = { 'a.service': {}, 'b.service': {}, 'x.service': { on: 'm1', fleet: ['Conflicts=?.service'] } };
    scheduler.decide(aCluster({ machines: ['m1'], units }));
    const newcomer = { 'cc.service': { on: 'm1', fleet: ['Conflicts=b*'] } };
    expect(why(scheduler.decide(aCluster({ machines: ['m1'], units: { ...units, ...newcomer } })))).toEqual([
      'found conflict with locally-scheduled Unit([x.service])',
      'found conflict with locally-scheduled Unit([cc.service])',
    ]);
  });

  it('forgets the patterns of units that are long gone', () => {
    const scheduler = new Scheduler();
    let cluster: Cluster = aCluster({ machines: ['m1', 'm2'], units: { 'a.service': { on: 'm1' } } });
    for (let index = 0; index < 1_200; index++) {
      const passing = aUnit(`p${index}.service`, { fleet: [`Conflicts=q${index}*`] });
      scheduler.decide({ ...cluster, units: [...cluster.units, passing] });
    }
    cluster = { ...cluster, units: [...cluster.units, aUnit('b.service', { fleet: ['Conflicts=a*'] })] };
    expect(scheduler.decide(cluster)).toMatchObject([{ kind: 'schedule', unit: 'b.service', on: 'm2' }]);
  });
});

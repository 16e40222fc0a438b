import { describe, expect, it } from 'vitest';
import { anyCluster, anyUnit, largeWorld } from '../../testing/any-cluster.ts';
import { aCluster, aUnit, type UnitWords } from '../../testing/cluster.ts';
import { seeded, seeds } from '../base/choices.ts';
import type { Cluster } from '../cluster/types.ts';
import { applied } from './applied.ts';
import { decide } from './decide.ts';
import { planUnits } from './plan-units.ts';

const submissions = (units: Readonly<Record<string, UnitWords>>) =>
  Object.entries(units).map(([name, words]) => aUnit(name, words));
const planned = (cluster: Cluster, units: Readonly<Record<string, UnitWords>>) =>
  planUnits(cluster, submissions(units));

describe('a plan', () => {
  it('says where each unit would go, by name, and why there', () => {
    const cluster = aCluster({ machines: { m1: '', m2: 'disk=ssd' }, units: { 'x.service': { on: 'm1' } } });
    const fleet = ['MachineMetadata=disk=ssd'];
    expect(
      planned(cluster, { 'c.service': { fleet }, 'b.service': { fleet: ['MachineID=m1'] }, 'a.service': {} }),
    ).toMatchObject({
      submitted: [
        { kind: 'placed', unit: 'a.service', on: 'm2', because: ['the least loaded machine that can run it'] },
        { kind: 'placed', unit: 'b.service', on: 'm1', because: ['MachineID=m1 names this machine'] },
        {
          kind: 'placed',
          unit: 'c.service',
          on: 'm2',
          because: ['has metadata disk=ssd', 'the least loaded machine that can run it'],
        },
      ],
      others: [],
    });
  });

  it('changes nothing', () => {
    const cluster = aCluster({ machines: ['m1'], units: { 'x.service': { on: 'm1' } } });
    const before = structuredClone(cluster);
    planned(cluster, { 'a.service': {}, 'x.service': { fleet: ['MachineID=m2'] } });
    expect(cluster).toEqual(before);
  });

  it('says what every machine lacks for a unit that nobody would run', () => {
    const plan = planned(aCluster({ machines: ['m1'] }), { 'a.service': { fleet: ['MachineMetadata=disk=ssd'] } });
    expect(plan.submitted).toEqual([
      {
        kind: 'held',
        unit: 'a.service',
        answers: [
          {
            machine: 'm1',
            obstacles: [
              {
                filter: 'metadata',
                because: 'local Machine metadata insufficient',
                change: 'needs metadata disk=ssd; has no disk',
              },
            ],
          },
        ],
      },
    ]);
    expect(plan.decisions).toMatchObject([{ kind: 'hold', unit: 'a.service' }]);
  });

  it('stores templates, and places their instances', () => {
    const plan = planned(aCluster({ machines: ['m1'] }), { 'web@.service': {}, 'web@1.service': {} });
    expect(plan.submitted).toMatchObject([
      {
        kind: 'stored',
        unit: 'web@.service',
        from: [],
        because: 'a template runs as its instances, such as web@1.service',
      },
      { kind: 'placed', unit: 'web@1.service', on: 'm1' },
    ]);
  });

  it('can be of another target state', () => {
    const cluster = aCluster({ machines: ['m1'], units: { 'a.service': { on: 'm1' } } });
    const [stored] = planUnits(cluster, submissions({ 'a.service': {} }), 'inactive').submitted;
    expect(stored).toEqual({ kind: 'stored', unit: 'a.service', from: ['m1'], because: 'target state inactive' });
  });

  it('tells units that stay from units whose machine gets another file', () => {
    const units = { 'a.service': { on: 'm1' }, 'b.service': { on: 'm1' } };
    const plan = planned(aCluster({ machines: ['m1'], units }), {
      'a.service': {},
      'b.service': { fleet: ['MachineID=m1'] },
    });
    expect(plan.submitted).toEqual([
      { kind: 'kept', unit: 'a.service', on: 'm1' },
      { kind: 'changed', unit: 'b.service', on: 'm1', because: 'unit file changed' },
    ]);
  });

  it('names the units that would be displaced, and those that would find a place', () => {
    const cluster = aCluster({
      machines: ['m1', 'm2'],
      units: {
        'blue.service': { on: 'm1' },
        'x.service': { on: 'm2' },
        'y.service': { on: 'm2' },
        'z.service': { fleet: ['MachineOf=green.service'] },
      },
    });
    const plan = planned(cluster, { 'green.service': { fleet: ['Replaces=blue.*'] } });
    expect(plan.submitted).toMatchObject([{ kind: 'placed', unit: 'green.service', on: 'm1' }]);
    expect(plan.others).toEqual([
      {
        kind: 'moved',
        unit: 'blue.service',
        from: 'm1',
        on: 'm2',
        because: 'target Machine(m1) unable to run unit: found replace with locally-scheduled Unit(green.service)',
      },
      { kind: 'placed', unit: 'z.service', on: 'm1', because: ['green.service, which it follows, is here'] },
    ]);
  });

  it('names the units that would lose their place, with what every machine says', () => {
    const units = { 'a.service': { on: 'm1' }, 'b.service': { on: 'm1', fleet: ['MachineOf=a.service'] } };
    const plan = planned(aCluster({ machines: ['m1', 'm2'], units }), {
      'a.service': { fleet: ['MachineID=m2', 'Conflicts=b.*'] },
    });
    expect(plan.submitted).toMatchObject([{ kind: 'moved', unit: 'a.service', from: 'm1', on: 'm2' }]);
    expect(plan.others).toMatchObject([
      {
        kind: 'removed',
        unit: 'b.service',
        from: 'm1',
        because: 'target Machine(m1) unable to run unit: required peer Unit(a.service) is not scheduled locally',
        answers: [
          { machine: 'm1', obstacles: [{ filter: 'peer', change: 'needs a.service here; it is on m2' }] },
          { machine: 'm2', obstacles: [{ filter: 'conflict' }] },
        ],
      },
    ]);
  });

  it('says where global units would come and go', () => {
    const cluster = aCluster({
      machines: { m1: 'g=1', m2: '', m3: 'g=2' },
      units: { 'g.service': { fleet: ['Global=true', 'MachineMetadata=g=1'] }, 'u.service': { on: 'm1' } },
    });
    const fleet = ['Global=true', 'MachineMetadata=g=2'];
    expect(planned(cluster, { 'g.service': { fleet } }).submitted).toMatchObject([
      { kind: 'spread', unit: 'g.service', on: ['m3'], gains: ['m3'], losses: ['m1'] },
    ]);
    expect(planned(cluster, { 'u.service': { fleet: ['Global=true', 'Conflicts=h.*'] } }).submitted).toMatchObject([
      { kind: 'spread', unit: 'u.service', on: ['m1', 'm2', 'm3'], gains: ['m2', 'm3'], losses: [] },
    ]);
    expect(planned(cluster, { 'u.service': { fleet: ['Conflicts=g.*'] } })).toMatchObject({
      submitted: [{ kind: 'changed', unit: 'u.service', on: 'm1' }],
      others: [{ kind: 'spread', unit: 'g.service', on: [], gains: [], losses: ['m1'] }],
    });
    expect(planned(cluster, { 'g.service': {} }).submitted).toEqual([
      {
        kind: 'placed',
        unit: 'g.service',
        on: 'm2',
        because: ['the least loaded machine that can run it', 'is no longer global, and leaves m1'],
      },
    ]);
  });

  it('does not blame submissions for what the engine is about to do anyway', () => {
    const cluster = aCluster({ machines: ['m1'], units: { 'x.service': { on: 'm9' }, 'y.service': {} } });
    expect(planned(cluster, { 'a.service': {} })).toMatchObject({
      submitted: [{ kind: 'placed', unit: 'a.service' }],
      others: [],
      decisions: [{ kind: 'schedule', unit: 'a.service' }],
    });
  });
});

describe('whatever the cluster', () => {
  it.each(seeds(200))('a plan is what submitting would do (seed %i)', (seed) => {
    const choices = seeded(seed);
    const before = anyCluster(choices, largeWorld);
    const now = applied(before, decide(before));
    const unit = { ...anyUnit(choices, largeWorld, `u${choices.below(9)}.service`), target: 'launched' as const };
    const submitted = { ...now, units: [...now.units.filter(({ name }) => name !== unit.name), unit] };
    const then = applied(submitted, decide(submitted));
    const {
      submitted: [effect, ...more],
      others,
    } = planUnits(before, [unit]);
    expect(more).toEqual([]);
    const home = (cluster: Cluster, name: string) => cluster.placements.find((one) => one.unit === name)?.machine;
    if (effect?.kind !== 'spread') expect(effect && 'on' in effect ? effect.on : undefined).toBe(home(then, unit.name));
    const moved = submitted.units
      .map(({ name }) => name)
      .filter((name) => name !== unit.name && home(now, name) !== home(then, name));
    const named = others.filter(({ kind }) => kind !== 'spread').map((other) => other.unit);
    expect(named).toEqual(moved.sort());
  });
});

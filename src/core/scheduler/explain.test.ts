import { describe, expect, it } from 'vitest';
import { anyCluster, largeWorld } from '../../testing/any-cluster.ts';
import { aCluster } from '../../testing/cluster.ts';
import { seeded, seeds } from '../base/choices.ts';
import type { Cluster } from '../cluster/types.ts';
import { machineId } from '../machine/id.ts';
import { isGlobal } from '../unit/requirements.ts';
import { applied } from './applied.ts';
import { decide } from './decide.ts';
import { explain } from './explain.ts';

const fate = (cluster: Cluster, unit: string) => explain(cluster, unit)?.fate;

/** What would have to change on each machine. */
const changes = (cluster: Cluster, unit: string) =>
  Object.fromEntries(
    (explain(cluster, unit)?.answers ?? []).map(({ machine, obstacles }) => [
      machine,
      obstacles.map(({ change }) => change),
    ]),
  );

describe('the fate of a unit', () => {
  it('is unknown when the cluster has no such unit', () => {
    expect(explain(aCluster({ machines: ['m1'] }), 'a.service')).toBeUndefined();
  });

  it('is to stay, with all the reasons for its machine', () => {
    const cluster = aCluster({
      machines: { m1: 'disk=ssd,zone=a', m2: 'disk=ssd', m3: '' },
      units: {
        'a.service': { on: 'm1', fleet: ['MachineMetadata="disk=ssd" "disk=nvme"', 'MachineOf=b.service'] },
        'b.service': { on: 'm1' },
        'c.service': { on: 'm2', fleet: ['MachineID=m2'] },
      },
    });
    expect(fate(cluster, 'a.service')).toEqual({
      kind: 'placed',
      on: 'm1',
      because: ['has metadata disk=ssd', 'b.service, which it follows, is here', 'no other machine can run it'],
    });
    expect(fate(cluster, 'b.service')).toMatchObject({
      because: ['2 other machines can run it too, but units stay where they were placed'],
    });
    expect(fate(cluster, 'c.service')).toMatchObject({
      because: ['MachineID=m2 names this machine', 'no other machine can run it'],
    });
  });

  it('is where the engine will put it next, and why', () => {
    const cluster = aCluster({ machines: ['m1'], units: { 'a.service': {}, 'b.service': { on: 'm9' } } });
    expect(fate(cluster, 'a.service')).toEqual({
      kind: 'due',
      on: 'm1',
      from: undefined,
      because: 'target state launched and unit not scheduled',
    });
    expect(fate(cluster, 'b.service')).toEqual({
      kind: 'due',
      on: 'm1',
      from: 'm9',
      because: 'target Machine(m9) went away',
    });
  });

  it('is to stay also where a second placement of it is in the way', () => {
    const cluster = aCluster({ machines: ['m1', 'm2'], units: { 'a.service': { on: 'm2' } } });
    const twice = cluster.placements.map((placement) => ({ ...placement, machine: machineId('m1') }));
    expect(fate({ ...cluster, placements: [...cluster.placements, ...twice] }, 'a.service')).toMatchObject({
      kind: 'placed',
      on: 'm1',
    });
  });

  it('is to wait while no machine can run it, or while there is none', () => {
    const units = { 'a.service': { on: 'm1', fleet: ['MachineID=m2'] }, 'b.service': { fleet: ['MachineID=m2'] } };
    const cluster = aCluster({ machines: ['m1'], units });
    const because = 'no agents able to run job';
    expect(fate(cluster, 'a.service')).toEqual({ kind: 'held', from: 'm1', because });
    expect(fate(cluster, 'b.service')).toEqual({ kind: 'held', from: undefined, because });
    expect(explain(aCluster({ units: { 'a.service': {} } }), 'a.service')).toEqual({
      unit: 'a.service',
      target: 'launched',
      fate: { kind: 'held', from: undefined, because: 'zero agents available' },
      answers: [],
    });
  });

  it('is nothing for a unit that nobody asked to run, or that never runs itself', () => {
    const cluster = aCluster({
      machines: ['m1'],
      units: {
        'a.service': { target: 'inactive' },
        'g.service': { target: 'inactive', fleet: ['Global=true'] },
        'web@.service': { target: 'inactive' },
      },
    });
    expect(fate(cluster, 'a.service')).toEqual({ kind: 'inactive', because: 'target state inactive' });
    expect(fate(cluster, 'g.service')).toEqual({ kind: 'inactive', because: 'target state inactive' });
    expect(fate(cluster, 'web@.service')).toEqual({
      kind: 'template',
      because: 'a template runs as its instances, such as web@1.service',
    });
  });

  it('is, for a global unit, every machine where nothing is in its way', () => {
    const cluster = aCluster({
      machines: { m1: '', m2: 'g=1', m3: 'g=1' },
      units: {
        'g.service': { fleet: ['Global=true', 'MachineMetadata=g=1', 'MachineID=m9', 'Conflicts=a.service'] },
        'a.service': { on: 'm3' },
      },
    });
    expect(fate(cluster, 'g.service')).toEqual({ kind: 'global', on: ['m2'] });
    expect(changes(cluster, 'g.service')).toEqual({
      m1: ['needs metadata g=1; has no g'],
      m2: [],
      m3: ['needs a.service elsewhere; this unit has Conflicts=a.service'],
    });
  });
});

describe('what would have to change', () => {
  it('is told for every filter, in their order, and not only for the first', () => {
    const cluster = aCluster({
      machines: { m1: 'disk=hdd', m2: 'disk=ssd,zone=a', m3: '' },
      units: {
        'a.service': {
          fleet: [
            'MachineMetadata="disk=ssd" "disk=nvme" "zone=a"',
            'MachineOf=b.service',
            'Conflicts=c*',
            'MachineID=m2',
          ],
        },
        'b.service': { on: 'm2' },
        'c1.service': { on: 'm1' },
        'c2.service': { on: 'm1' },
        'd.service': { on: 'm3', fleet: ['Conflicts=[a-b].service'] },
        'c3.service': { on: 'm2' },
      },
    });
    const [first] = explain(cluster, 'a.service')?.answers ?? [];
    expect(first).toEqual({
      machine: 'm1',
      obstacles: [
        {
          filter: 'machine-id',
          because: 'agent ID "m1" does not match required "m2"',
          change: 'needs machine m2; is m1',
        },
        {
          filter: 'metadata',
          because: 'local Machine metadata insufficient',
          change: 'needs metadata disk=ssd or disk=nvme; has disk=hdd',
        },
        {
          filter: 'metadata',
          because: 'local Machine metadata insufficient',
          change: 'needs metadata zone=a; has no zone',
        },
        {
          filter: 'peer',
          because: 'required peer Unit(b.service) is not scheduled locally',
          change: 'needs b.service here; it is on m2',
        },
        {
          filter: 'conflict',
          because: 'found conflict with locally-scheduled Unit([c1.service])',
          change: 'needs c1.service elsewhere; this unit has Conflicts=c*',
        },
        {
          filter: 'conflict',
          because: 'found conflict with locally-scheduled Unit([c2.service])',
          change: 'needs c2.service elsewhere; this unit has Conflicts=c*',
        },
      ],
    });
    expect(changes(cluster, 'a.service')).toMatchObject({
      m2: ['needs c3.service elsewhere; this unit has Conflicts=c*'],
      m3: expect.arrayContaining(['needs d.service elsewhere; it has Conflicts=[a-b].service']) as string[],
    });
  });

  it.each([
    ['none.service', {}, 'needs none.service here; the cluster has no such unit'],
    [
      'b.service',
      { fleet: ['Global=true', 'MachineMetadata=x=1'] },
      'needs b.service here; it is global and does not apply to this machine',
    ],
    ['b.service', { target: 'inactive' }, 'needs b.service here; its target state is inactive'],
    ['b.service', { fleet: ['MachineID=m9'] }, 'needs b.service here; no machine can run it'],
    [
      'b.service',
      { fleet: ['MachineOf=c.service'] },
      'needs b.service here; it follows a.service in turn, so that neither can be first',
    ],
    ['a.service', {}, 'needs itself to be here first, which never happens'],
    ['', {}, 'needs a unit beside it, but MachineOf= names none'],
  ] as const)('says why the peer "%s" is missing, case %#', (peer, b, change) => {
    const cluster = aCluster({
      machines: ['m1'],
      units: {
        'a.service': { fleet: [`MachineOf=${peer}`] },
        'b.service': b,
        'c.service': { fleet: ['MachineOf=a.service'] },
      },
    });
    expect(changes(cluster, 'a.service')).toEqual({ m1: [change] });
  });

  it('says that an empty MachineID names no machine', () => {
    const cluster = aCluster({ machines: ['m1'], units: { 'a.service': { fleet: ['MachineID='] } } });
    expect(changes(cluster, 'a.service')).toEqual({ m1: ['needs a machine, but MachineID= names none'] });
  });

  it('is told to inactive units and templates as well, as if they were started', () => {
    const cluster = aCluster({
      machines: ['m1'],
      units: { 'web@.service': { target: 'inactive', fleet: ['MachineMetadata=a=b'] } },
    });
    expect(changes(cluster, 'web@.service')).toEqual({ m1: ['needs metadata a=b; has no a'] });
  });
});

describe('whatever the cluster', () => {
  it.each(seeds(200))('an explanation is what the engine decides (seed %i)', (seed) => {
    const cluster = anyCluster(seeded(seed), largeWorld);
    const decisions = decide(cluster);
    const after = applied(cluster, decisions);
    for (const { name, file, target } of cluster.units) {
      const explanation = explain(cluster, name);
      const free = explanation?.answers.filter(({ obstacles }) => obstacles.length === 0).map(({ machine }) => machine);
      const home = after.placements.find(({ unit }) => unit === name)?.machine;
      const hold = decisions.find((decision) => decision.kind === 'hold' && decision.unit === name);
      switch (explanation?.fate.kind) {
        case 'placed':
        case 'due':
          expect(explanation.fate.on).toBe(home);
          expect(free).toContain(home);
          break;
        case 'held':
          // The first obstacle is the refusal that the engine gives.
          expect(hold).toHaveProperty(
            'refusals',
            explanation.answers.map(({ machine, obstacles }) => ({ machine, because: obstacles[0]?.because })),
          );
          break;
        case 'global':
          expect(isGlobal(file, name)).toBe(true);
          expect(explanation.fate.on).toEqual(free);
          break;
        default:
          expect(target).toBe('inactive');
      }
      expect(hold !== undefined).toBe(explanation?.fate.kind === 'held');
    }
  });
});

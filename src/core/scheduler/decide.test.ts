import { describe, expect, it } from 'vitest';
import { aCluster, aPlacement, aUnit } from '../../testing/cluster.ts';
import type { Cluster } from '../cluster/types.ts';
import { decide } from './decide.ts';
import type { Decision } from './types.ts';

/** Decisions without their reasons, one line each. */
const say = (decisions: readonly Decision[]) =>
  decisions.map((decision) => {
    switch (decision.kind) {
      case 'hold':
        return `hold ${decision.unit}`;
      case 'unschedule':
        return `unschedule ${decision.unit} from ${decision.from}`;
      case 'schedule':
      case 'instruct':
        return `${decision.kind} ${decision.unit} on ${decision.on}`;
      default:
        return decision satisfies never;
    }
  });

const reasons = (cluster: Cluster, kind: Decision['kind']) =>
  decide(cluster).flatMap((decision) => (decision.kind === kind && 'because' in decision ? [decision.because] : []));

const refusals = (cluster: Cluster, unit: string) =>
  decide(cluster).flatMap((decision) => (decision.kind === 'hold' && decision.unit === unit ? decision.refusals : []));

describe('placing', () => {
  it('says all that the machine must be told', () => {
    const unit = aUnit('web.service', { target: 'loaded' });
    expect(decide(aCluster({ machines: ['m1'], units: { 'web.service': { target: 'loaded' } } }))).toEqual([
      {
        kind: 'schedule',
        unit: 'web.service',
        on: 'm1',
        hash: unit.hash,
        target: 'loaded',
        because: 'target state loaded and unit not scheduled',
      },
    ]);
  });

  it('leaves inactive units alone', () => {
    expect(decide(aCluster({ machines: ['m1'], units: { 'a.service': { target: 'inactive' } } }))).toEqual([]);
  });

  it('spreads units by load, ties by machine id, units by name', () => {
    const cluster = aCluster({
      machines: ['m3', 'm2', 'm1'],
      units: { 'c.service': {}, 'b.service': {}, 'x.service': { on: 'm1' }, 'a.service': {}, 'd.service': {} },
    });
    expect(say(decide(cluster))).toEqual([
      'schedule a.service on m2',
      'schedule b.service on m3',
      'schedule c.service on m1',
      'schedule d.service on m2',
    ]);
  });

  it('counts stopped units and global units as load', () => {
    const cluster = aCluster({
      machines: { m1: '', m2: 'g=1', m3: 'g=1' },
      units: {
        'g.service': { fleet: ['Global=true', 'MachineMetadata=g=1'], target: 'inactive' },
        's.service': { on: 'm2', target: 'loaded' },
        'a.service': {},
        'b.service': {},
      },
    });
    expect(say(decide(cluster))).toEqual(['schedule a.service on m1', 'schedule b.service on m1']);
  });

  it('does not move anything because a machine is emptier', () => {
    expect(
      decide(aCluster({ machines: ['m1', 'm2'], units: { 'a.service': { on: 'm1' }, 'b.service': { on: 'm1' } } })),
    ).toEqual([]);
  });

  it.each([
    [['MachineMetadata=disk=ssd'], 'm2'],
    [['MachineMetadata="zone=a" "zone=b"', 'MachineMetadata=disk=ssd'], 'm2'],
    [['MachineID=3-machin'], '3-machine-with-a-long-id'],
    [['MachineID=3-machi', 'X-ConditionMachineID=m1'], undefined],
    [['MachineID=3-machine-with-a-long-id', 'MachineMetadata=zone=a'], '3-machine-with-a-long-id'],
    [['MachineID=m1', 'MachineMetadata=zone=a'], undefined],
    [['MachineID='], undefined],
  ])('obeys %j', (fleet, on) => {
    const cluster = aCluster({
      machines: { m1: '', m2: 'disk=ssd,zone=b', '3-machine-with-a-long-id': 'zone=a' },
      units: { 'a.service': { fleet } },
    });
    expect(say(decide(cluster))).toEqual([on === undefined ? 'hold a.service' : `schedule a.service on ${on}`]);
  });

  it('puts one instance of the tutorial’s redis on each services machine and holds the third', () => {
    const fleet = ['MachineMetadata=purpose=services', 'Conflicts=redis@*.service'];
    const cluster = aCluster({
      machines: { 'core-01': 'purpose=app', 'core-02': 'purpose=services', 'core-03': 'purpose=services' },
      units: { 'redis@1.service': { fleet }, 'redis@2.service': { fleet }, 'redis@3.service': { fleet } },
    });
    expect(say(decide(cluster))).toEqual([
      'schedule redis@1.service on core-02',
      'schedule redis@2.service on core-03',
      'hold redis@3.service',
    ]);
    expect(refusals(cluster, 'redis@3.service')).toEqual([
      { machine: 'core-01', because: 'local Machine metadata insufficient' },
      { machine: 'core-02', because: 'found conflict with locally-scheduled Unit([redis@1.service])' },
      { machine: 'core-03', because: 'found conflict with locally-scheduled Unit([redis@2.service])' },
    ]);
  });
});

describe('holding', () => {
  it('has no refusals when there is no machine', () => {
    expect(decide(aCluster({ units: { 'a.service': {} } }))).toEqual([
      { kind: 'hold', unit: 'a.service', refusals: [] },
    ]);
  });

  it('says what each machine lacks', () => {
    const cluster = aCluster({ machines: ['m1'], units: { 'a.service': { fleet: ['MachineOf=b.service'] } } });
    expect(refusals(cluster, 'a.service')).toEqual([
      { machine: 'm1', because: 'required peer Unit(b.service) is not scheduled locally' },
    ]);
  });

  it('names whom a unit conflicts with, whoever declares it', () => {
    const cluster = aCluster({
      machines: ['m1'],
      units: { 'a.service': { on: 'm1', fleet: ['Conflicts=b.*'] }, 'b.service': {} },
    });
    expect(refusals(cluster, 'b.service')).toEqual([
      { machine: 'm1', because: 'found conflict with locally-scheduled Unit([a.service])' },
    ]);
  });

  it('does not let a malformed pattern conflict with anything', () => {
    const cluster = aCluster({
      machines: ['m1'],
      units: { 'a.service': { fleet: ['Conflicts=[b'] }, 'b.service': {} },
    });
    expect(say(decide(cluster))).toEqual(['schedule a.service on m1', 'schedule b.service on m1']);
  });
});

describe('taking away', () => {
  it.each([
    ['a unit that became inactive', { target: 'inactive', on: 'm1' }, 'target state inactive'],
    ['a unit of a lost machine', { on: 'm9' }, 'target Machine(m9) went away'],
    [
      'a unit that may not be there',
      { on: 'm1', fleet: ['MachineID=m2'] },
      'target Machine(m1) unable to run unit: agent ID "m1" does not match required "m2"',
    ],
    [
      'a unit whose machine changed',
      { on: 'm1', fleet: ['MachineMetadata=disk=ssd'] },
      'target Machine(m1) unable to run unit: local Machine metadata insufficient',
    ],
    [
      'a unit without its peer',
      { on: 'm1', fleet: ['MachineOf=p.service'] },
      'target Machine(m1) unable to run unit: required peer Unit(p.service) is not scheduled locally',
    ],
  ] as const)('%s', (_situation, unit, because) => {
    const cluster = aCluster({ machines: ['m1', 'm2'], units: { 'a.service': unit } });
    expect(say(decide(cluster))[0]).toBe(`unschedule a.service from ${unit.on}`);
    expect(reasons(cluster, 'unschedule')).toEqual([because]);
  });

  it('moves the units of a lost machine, all leaving before any comes', () => {
    const cluster = aCluster({
      machines: ['m2', 'm3'],
      units: { 'b.service': { on: 'm1' }, 'a.service': { on: 'm1' } },
    });
    expect(say(decide(cluster))).toEqual([
      'unschedule a.service from m1',
      'unschedule b.service from m1',
      'schedule a.service on m2',
      'schedule b.service on m3',
    ]);
  });

  it('takes exactly one of two units that came to conflict, the first by name', () => {
    const cluster = aCluster({
      machines: ['m1', 'm2'],
      units: { 'a.service': { on: 'm1' }, 'b.service': { on: 'm1', fleet: ['Conflicts=a.service'] } },
    });
    expect(say(decide(cluster))).toEqual(['unschedule a.service from m1', 'schedule a.service on m2']);
    expect(reasons(cluster, 'unschedule')).toEqual([
      'target Machine(m1) unable to run unit: found conflict with locally-scheduled Unit([b.service])',
    ]);
  });

  it('sends nobody away because of a unit that leaves as well', () => {
    const cluster = aCluster({
      machines: { m1: '', m2: 'disk=ssd' },
      units: {
        'a.service': { on: 'm1' },
        'b.service': { on: 'm1', fleet: ['Conflicts=a.service', 'MachineMetadata=disk=ssd'] },
        'c.service': { on: 'm1', fleet: ['Conflicts=d.service'] },
        'd.service': { on: 'm1', fleet: ['MachineOf=b.service'] },
      },
    });
    expect(say(decide(cluster))).toEqual([
      'unschedule b.service from m1',
      'unschedule d.service from m1',
      'schedule b.service on m2',
      'schedule d.service on m2',
    ]);
  });

  it('does not let a unit conflict with itself', () => {
    expect(
      decide(aCluster({ machines: ['m1'], units: { 'a.service': { on: 'm1', fleet: ['Conflicts=*'] } } })),
    ).toEqual([]);
  });

  it('removes placements of units that are gone or became global', () => {
    const gone = aUnit('gone.service');
    const cluster = aCluster({ machines: ['m1'], units: { 'g.service': { on: 'm1', fleet: ['Global=true'] } } });
    expect(decide({ ...cluster, placements: [...cluster.placements, aPlacement(gone, 'm1')] })).toEqual(
      [
        { kind: 'unschedule', unit: 'g.service', from: 'm1', because: 'unit is global, its agents decide' },
        { kind: 'unschedule', unit: 'gone.service', from: 'm1', because: 'unit does not exist' },
      ].toSorted((a, b) => (a.unit < b.unit ? -1 : 1)),
    );
  });

  it.each([
    ['m2', 'm1'],
    ['m1', 'm2'],
    ['m9', 'm1'],
    ['m1', 'm9'],
  ])('keeps one of two placements (%s and %s)', (one, other) => {
    const unit = aUnit('a.service');
    const cluster = aCluster({ machines: ['m1', 'm2'], units: { 'a.service': {} } });
    const placements = [aPlacement(unit, one), aPlacement(unit, other)];
    expect(say(decide({ ...cluster, placements }))).toEqual([
      `unschedule a.service from ${[one, other].find((id) => id !== 'm1')}`,
    ]);
  });
});

describe('followers', () => {
  it('are placed with their target in the same pass, whatever their names', () => {
    const cluster = aCluster({
      machines: ['m1', 'm2'],
      units: {
        'a.service': { fleet: ['MachineOf=b.service'] },
        'b.service': { fleet: ['MachineOf=c.service'] },
        'c.service': {},
        '0.service': { on: 'm1' },
      },
    });
    expect(say(decide(cluster))).toEqual([
      'schedule c.service on m2',
      'schedule b.service on m2',
      'schedule a.service on m2',
    ]);
  });

  it('move with their target in the same pass', () => {
    const cluster = aCluster({
      machines: { m1: '', m2: 'disk=ssd' },
      units: {
        'a.service': { on: 'm1', fleet: ['MachineOf=b.service'] },
        'b.service': { on: 'm1', fleet: ['MachineMetadata=disk=ssd'] },
      },
    });
    expect(say(decide(cluster))).toEqual([
      'unschedule a.service from m1',
      'unschedule b.service from m1',
      'schedule b.service on m2',
      'schedule a.service on m2',
    ]);
  });

  it('are held where their target is destroyed', () => {
    const cluster = aCluster({
      machines: ['m1'],
      units: {
        'a.service': { on: 'm1', fleet: ['MachineOf=b.service'] },
        'b.service': { on: 'm1', target: 'inactive' },
      },
    });
    expect(say(decide(cluster))).toEqual([
      'unschedule a.service from m1',
      'unschedule b.service from m1',
      'hold a.service',
    ]);
  });

  it('never start when they follow each other', () => {
    const cluster = aCluster({
      machines: ['m1'],
      units: { 'a.service': { fleet: ['MachineOf=b.service'] }, 'b.service': { fleet: ['MachineOf=a.service'] } },
    });
    expect(say(decide(cluster))).toEqual(['hold a.service', 'hold b.service']);
  });

  it('find global targets wherever those apply', () => {
    const cluster = aCluster({
      machines: { m1: '', m2: 'g=1' },
      units: {
        'g.service': { fleet: ['Global=true', 'MachineMetadata=g=1'] },
        'a.service': { fleet: ['MachineOf=g.service'] },
      },
    });
    expect(say(decide(cluster))).toEqual(['schedule a.service on m2']);
  });

  it('come in chains as long as you like', { timeout: 60_000 }, () => {
    const units = Object.fromEntries(
      Array.from({ length: 12_000 }, (_, index) => [
        `u${index}.service`,
        { on: 'm9', fleet: index === 0 ? [] : [`MachineOf=u${index - 1}.service`] },
      ]),
    );
    const decisions = decide(aCluster({ machines: ['m1'], units }));
    expect(decisions.filter(({ kind }) => kind === 'schedule')).toHaveLength(12_000);
    const {
      machines,
      units: changed,
      placements,
    } = aCluster({
      machines: ['m9'],
      units: { ...units, 'u0.service': { on: 'm9', target: 'inactive' } },
    });
    expect(decide({ machines, units: changed, placements }).filter(({ kind }) => kind === 'unschedule')).toHaveLength(
      12_000,
    );
  });
});

describe('global units', () => {
  it('are never placed', () => {
    expect(decide(aCluster({ machines: ['m1'], units: { 'g.service': { fleet: ['Global=true'] } } }))).toEqual([]);
  });

  it('refuse units that want to come and give way to units that are there', () => {
    const global = { fleet: ['Global=true', 'Conflicts=a.service'] };
    expect(say(decide(aCluster({ machines: ['m1'], units: { 'g.service': global, 'a.service': {} } })))).toEqual([
      'hold a.service',
    ]);
    expect(decide(aCluster({ machines: ['m1'], units: { 'g.service': global, 'a.service': { on: 'm1' } } }))).toEqual(
      [],
    );
  });

  it('come back where the unit that kept them out leaves, and then refuse', () => {
    const cluster = aCluster({
      machines: { m1: '', m2: 'x=1' },
      units: {
        'a.service': { on: 'm1', fleet: ['Conflicts=g.service', 'MachineMetadata=x=1'] },
        'b.service': { fleet: ['Conflicts=g.service'] },
        'g.service': { fleet: ['Global=true'] },
      },
    });
    expect(say(decide(cluster))).toEqual(['unschedule a.service from m1', 'hold a.service', 'hold b.service']);
  });
});

describe('replacing', () => {
  const blueGreen = (machines: readonly string[], extra = {}) =>
    aCluster({
      machines,
      units: { 'blue.service': { on: 'm1' }, 'green.service': { on: 'm1', fleet: ['Replaces=blue.*'] }, ...extra },
    });

  it('moves the replaced unit to another machine', () => {
    const cluster = blueGreen(['m1', 'm2']);
    expect(say(decide(cluster))).toEqual(['unschedule blue.service from m1', 'schedule blue.service on m2']);
    expect(reasons(cluster, 'unschedule')).toEqual([
      'target Machine(m1) unable to run unit: found replace with locally-scheduled Unit(green.service)',
    ]);
  });

  it('leaves everything as it is when there is no other machine', () => {
    expect(decide(blueGreen(['m1']))).toEqual([]);
  });

  it('does not force the replaced unit onto a machine that refuses it', () => {
    expect(decide(blueGreen(['m1', 'm2'], { 'c.service': { on: 'm2', fleet: ['Conflicts=blue.*'] } }))).toEqual([]);
  });

  it('leaves units alone that replace each other', () => {
    const cluster = aCluster({
      machines: ['m1', 'm2'],
      units: {
        'a.service': { on: 'm1', fleet: ['Replaces=b.*'] },
        'b.service': { on: 'm1', fleet: ['Replaces=a.*'] },
      },
    });
    expect(decide(cluster)).toEqual([]);
  });

  it('places a replacing unit by load, and sends the replaced one on in the same pass', () => {
    const cluster = aCluster({
      machines: ['m1', 'm2'],
      units: {
        'blue.service': { on: 'm1' },
        'x.service': { on: 'm2' },
        'y.service': { on: 'm2' },
        'green.service': { fleet: ['Replaces=blue.service'] },
      },
    });
    expect(say(decide(cluster))).toEqual([
      'unschedule blue.service from m1',
      'schedule green.service on m1',
      'schedule blue.service on m2',
    ]);
  });

  it('gives the place that became free to a unit that waited for it, in the same pass', () => {
    const waiting = { fleet: ['MachineMetadata=disk=ssd', 'Conflicts=blue.*'] };
    const cluster = aCluster({
      machines: { m1: 'disk=ssd', m2: '' },
      units: {
        'a.service': waiting,
        'b.service': waiting,
        'blue.service': { on: 'm1' },
        'green.service': { on: 'm1', fleet: ['Replaces=blue.*'] },
      },
    });
    expect(say(decide(cluster))).toEqual([
      'unschedule blue.service from m1',
      'schedule blue.service on m2',
      'schedule a.service on m1',
      'schedule b.service on m1',
    ]);
  });

  it('does not place a unit where it would be replaced at once, unless there is no other place', () => {
    const units = {
      'blue.service': {},
      'green.service': { on: 'm1', fleet: ['Replaces=blue.*'] },
      'x.service': { on: 'm2' },
    };
    const fuller = { ...units, 'y.service': { on: 'm2' } };
    expect(say(decide(aCluster({ machines: ['m1', 'm2'], units: fuller })))).toEqual(['schedule blue.service on m2']);
    expect(say(decide(aCluster({ machines: ['m1'], units })))).toContain('schedule blue.service on m1');
  });

  it('goes where it replaces another rather than where it would be replaced itself', () => {
    const cluster = aCluster({
      machines: ['m1', 'm2'],
      units: {
        'a.service': { fleet: ['Replaces=c.*'] },
        'b.service': { on: 'm1', fleet: ['Replaces=a.*'] },
        'c.service': { on: 'm2' },
        'd.service': { on: 'm2' },
      },
    });
    expect(say(decide(cluster))).toEqual([
      'unschedule c.service from m2',
      'schedule a.service on m2',
      'schedule c.service on m1',
    ]);
  });
});

describe('instructing', () => {
  it('tells a machine that the target state changed', () => {
    const cluster = aCluster({ machines: ['m1'], units: { 'a.service': { on: 'm1', told: 'loaded' } } });
    expect(decide(cluster)).toMatchObject([
      {
        kind: 'instruct',
        unit: 'a.service',
        on: 'm1',
        target: 'launched',
        because: 'target state changed to launched',
      },
    ]);
  });

  it('tells a machine that the file changed, and moves the unit when the machine does not fit the new one', () => {
    const changed = { on: 'm1', fleet: ['MachineMetadata=disk=ssd'], toldFleet: [] };
    const fitting = aCluster({ machines: { m1: 'disk=ssd' }, units: { 'a.service': changed } });
    expect(decide(fitting)).toMatchObject([
      { kind: 'instruct', unit: 'a.service', on: 'm1', hash: fitting.units[0]?.hash, because: 'unit file changed' },
    ]);
    expect(say(decide(aCluster({ machines: { m1: '', m2: 'disk=ssd' }, units: { 'a.service': changed } })))).toEqual([
      'unschedule a.service from m1',
      'schedule a.service on m2',
    ]);
  });
});

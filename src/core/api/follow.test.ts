import { describe, expect, it } from 'vitest';
import type { Snapshot, UnitState } from '../cluster/types.ts';
import type { MachineId } from '../machine/types.ts';
import { parseUnitFile, unitFrom } from '../unit/index.ts';
import type { TargetState, UnitHash, UnitName } from '../unit/types.ts';
import { decodeNews, encodeNews, followQuery, Teller, type UnitNews } from './follow.ts';

const file = parseUnitFile('[Service]\nExecStart=/bin/true\n');
const [web, db] = ['web.service', 'db.service'] as [UnitName, UnitName];
const m1 = 'm1' as MachineId;

const stateOf = (unit: UnitName, active: string): UnitState => ({
  ...{ unit, machine: m1, hash: 'h' as UnitHash, load: 'loaded', active, sub: 'running', launched: true },
});
const shown = (units: Readonly<Record<string, TargetState>>, states: readonly UnitState[] = []): Snapshot => ({
  machines: [],
  units: Object.entries(units).map(([name, target]) => unitFrom(name as UnitName, file, target)),
  placements: states.map(({ unit, hash }) => ({ unit, machine: m1, hash, target: 'launched' })),
  states,
});
const inShort = (news: UnitNews | undefined) =>
  news && {
    units: news.units.map(({ name, desired, current }) => `${name} ${desired} ${current}`),
    removed: news.removed,
    states: news.states.map(({ unit, active }) => `${unit} ${active}`),
    retracted: news.retracted.map(({ unit }) => unit),
  };
const nothing = { units: [], removed: [], states: [], retracted: [] };

describe('a follower of units', () => {
  it('is told everything first, also when there is nothing', () => {
    expect(inShort(new Teller([]).newsOf(shown({})))).toEqual(nothing);
    const news = new Teller([]).newsOf(shown({ [web]: 'launched', [db]: 'inactive' }, [stateOf(web, 'active')]));
    expect(inShort(news)).toEqual({
      ...nothing,
      units: ['db.service inactive inactive', 'web.service launched launched'],
      states: ['web.service active'],
    });
  });

  it('is told then what is new, and nothing twice', () => {
    const teller = new Teller([]);
    teller.newsOf(shown({ [web]: 'inactive', [db]: 'inactive' }));
    expect(teller.newsOf(shown({ [web]: 'inactive', [db]: 'inactive' }))).toBeUndefined();
    const steps = [
      shown({ [web]: 'launched', [db]: 'inactive' }),
      shown({ [web]: 'launched', [db]: 'inactive' }, [stateOf(web, 'activating')]),
      shown({ [web]: 'launched', [db]: 'inactive' }, [stateOf(web, 'active')]),
      shown({ [db]: 'inactive' }),
    ];
    expect(steps.map((step) => inShort(teller.newsOf(step)))).toEqual([
      { ...nothing, units: ['web.service launched inactive'] },
      { ...nothing, units: ['web.service launched launched'], states: ['web.service activating'] },
      { ...nothing, states: ['web.service active'] },
      { ...nothing, removed: [web], retracted: [web] },
    ]);
  });

  it('is told of another file of a unit', () => {
    const teller = new Teller([]);
    teller.newsOf(shown({ [web]: 'inactive' }));
    const other = unitFrom(web, parseUnitFile('[Service]\nExecStart=/bin/false\n'), 'inactive');
    expect(teller.newsOf({ ...shown({}), units: [other] })?.units[0]?.options).toBe(other.file);
  });

  it('hears of the units that it asks about, and of no other', () => {
    const teller = new Teller([web]);
    expect(inShort(teller.newsOf(shown({ [db]: 'inactive' }, [stateOf(db, 'active')])))).toEqual(nothing);
    expect(teller.newsOf(shown({ [db]: 'launched' }, [stateOf(db, 'failed')]))).toBeUndefined();
    expect(inShort(teller.newsOf(shown({ [web]: 'inactive' })))?.units).toEqual(['web.service inactive inactive']);
  });
});

describe('a line of news', () => {
  it('brings everything over', () => {
    const teller = new Teller([]);
    const first = teller.newsOf(shown({ [web]: 'launched' }, [stateOf(web, 'active')])) as UnitNews;
    const last = teller.newsOf(shown({})) as UnitNews;
    const { launched: _unpublished, ...state } = stateOf(web, 'active');
    expect(decodeNews(JSON.parse(encodeNews(first)))).toEqual({ ...first, states: [state] });
    expect(decodeNews(JSON.parse(encodeNews(last)))).toEqual(last);
    expect(encodeNews(last)).toBe(
      '{"removed":["web.service"],"retracted":[{"machineID":"m1","name":"web.service"}]}\n',
    );
  });

  it.each([['null'], ['[]'], ['{"units":[1]}'], ['{"states":{}}'], ['{"retracted":["web.service"]}']])(
    'is refused when it is %s',
    (line) => {
      expect(() => decodeNews(JSON.parse(line))).toThrow(TypeError);
    },
  );
});

it('asks about a few units by name, and about all when the names are too long for a request line', () => {
  expect(followQuery([web, db])).toBe('unitName=web.service&unitName=db.service');
  expect(followQuery(Array.from({ length: 500 }, (_, n) => `web@${n}.service` as UnitName))).toBe('');
});

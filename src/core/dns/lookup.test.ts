import { describe, expect, it } from 'vitest';
import { ms } from '../base/time.ts';
import { blankRecord, parseRecord } from '../records/record.ts';
import { answersTo, aTree, aWorld, type Leaf } from './fixtures.ts';
import { findServices, inOneGroup } from './lookup.ts';
import { RecordTree } from './tree.ts';

describe('groups', () => {
  const grouped = (leaves: Record<string, Leaf>, name: string) =>
    inOneGroup(findServices(aTree(leaves), `${name}.skydns.local`, ms(0)) ?? []).map(({ key }) =>
      key.split('/').at(-1),
    );
  const of = (host: string, group = '') => ({ host, group });

  it.each<[string, Record<string, Leaf>, string[]]>([
    ['the shallowest names the group', { 'a.dom': of('10.0.0.1', 'g1'), 'b.sub.dom': of('10.0.0.2', 'g2') }, ['a']],
    [
      'two groups side by side cancel grouping',
      { 'a.dom': of('10.0.0.1', 'g1'), 'b.dom': of('10.0.0.2', 'g2') },
      ['a', 'b'],
    ],
    [
      'the groupless are always in',
      { 'a.dom': of('10.0.0.1', 'g1'), 'b.dom': of('10.0.0.2'), 'c.sub.dom': of('10.0.0.3', 'g2') },
      ['a', 'b'],
    ],
    ['no group, no limit', { 'a.dom': of('10.0.0.1'), 'b.sub.dom': of('10.0.0.2') }, ['a', 'b']],
    [
      'a shallower groupless leaf does not take the choice away',
      { 'x.a.dom': of('10.0.0.1', 'g1'), 'y.b.dom': of('10.0.0.2', 'g2'), z: of('10.0.0.3') },
      ['x', 'y'],
    ],
  ])('%s', (_, leaves, expected) => {
    expect(grouped(leaves, 'dom')).toEqual(expected);
  });

  it('limit addresses and services, but not mail', () => {
    const leaves = {
      'a.dom': { host: '10.0.0.1', group: 'g1', mail: true },
      'b.sub.dom': { host: '10.0.0.2', group: 'g2', mail: true },
    };
    const count = (type: string) => answersTo(aWorld(leaves), `${type} dom`).length;
    expect({ A: count('A'), SRV: count('SRV'), MX: count('MX') }).toEqual({ A: 1, SRV: 1, MX: 2 });
  });
});

describe('the tree', () => {
  const record = (key: string, host = '10.0.0.1') => {
    const parsed = parseRecord(key, JSON.stringify({ host }));
    if ('mistake' in parsed) throw new Error(parsed.mistake);
    return parsed.record;
  };
  const names = (tree: RecordTree, name: string) => findServices(tree, name, ms(0))?.map(({ key }) => key);

  it('follows changes: a replaced record is one, a removed one takes its empty names along', () => {
    const tree = new RecordTree('skydns');
    tree.put(record('/skydns/dev/webapp/redis/redis-1'));
    tree.put(record('/skydns/dev/webapp/redis/redis-1', '10.0.0.2'));
    tree.put(record('/skydns/dev/webapp/app/test'));
    expect(tree.size).toBe(2);
    tree.remove('/skydns/dev/webapp/redis/redis-1');
    expect(tree.size).toBe(1);
    expect(names(tree, 'redis.webapp.dev')).toBeUndefined();
    expect(names(tree, 'webapp.dev')).toEqual(['/skydns/dev/webapp/app/test']);
    tree.remove('/skydns/dev/webapp/app/test');
    expect(names(tree, 'dev')).toBeUndefined();
  });

  it('does not mind removing what is not there', () => {
    const tree = new RecordTree('skydns');
    tree.put(record('/skydns/dev/a'));
    for (const key of ['/skydns/dev', '/skydns/dev/b', '/other/dev/a', '/skydns/dev/a/b']) tree.remove(key);
    expect(tree.size).toBe(1);
  });

  it('gives a directory precedence over a leaf of the same name', () => {
    const tree = new RecordTree('skydns');
    tree.put(record('/skydns/dev/a', '10.0.0.1'));
    tree.put(record('/skydns/dev/a/b', '10.0.0.2'));
    expect(names(tree, 'a.dev')).toEqual(['/skydns/dev/a/b']);
    tree.remove('/skydns/dev/a/b');
    expect(names(tree, 'a.dev')).toEqual(['/skydns/dev/a']);
  });

  it('never finds a key in capitals, and no key beside its prefix', () => {
    const tree = new RecordTree('skydns');
    tree.put(record('/skydns/dev/DB'));
    tree.put(record('/skydnsx/dev/db'));
    expect(names(tree, 'DB.dev')).toBeUndefined();
    expect(tree.size).toBe(1);
  });

  it('lets good siblings answer beside a leaf that could not be read', () => {
    const tree = aTree({ 'good.db': '10.0.0.1' });
    tree.put(blankRecord('/skydns/local/skydns/db/bad'));
    const world = { ...aWorld({}), tree };
    expect(answersTo(world, 'A db')).toEqual(['db.skydns.local 3600 A 10.0.0.1']);
    expect(answersTo(world, 'SRV db')).toHaveLength(1);
  });
});

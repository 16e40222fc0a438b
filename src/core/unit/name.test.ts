import { describe, expect, it } from 'vitest';
import { TargetStateInvalid, UnitNameInvalid } from '../errors/unit.ts';
import { decompose, isInstance, isTemplate, isUnitName, mangle, targetState, templateOf, unitName } from './name.ts';

describe('a unit name', () => {
  it.each([
    'foo.service',
    'foo@123.service',
    'foo@.service',
    'yo.yo.service',
    'hello@world.path',
    'hello:world.service',
    'yes@no\\.service',
    'foo-bar.mount',
    'foo@1.target',
    '.service',
    `${'a'.repeat(248)}.service`,
  ])('may be %s', (name) => {
    expect(unitName(name)).toBe(name);
    expect(isUnitName(name)).toBe(true);
  });

  it.each([
    ['', 'unit name cannot be empty'],
    [`${'a'.repeat(249)}.service`, 'unit name exceeds maximum length (256)'],
    [`${'é'.repeat(125)}.service`, 'unit name exceeds maximum length (256)'],
    ['fooservice', 'unit name must contain "."'],
    ['foo.', 'unit name cannot end in "."'],
    ['foo.service.', 'unit name cannot end in "."'],
    ['foo.bar', 'invalid unit type: "bar"'],
    ['foo.servICE', 'invalid unit type: "servICE"'],
    ['foo@1.mount', 'invalid unit type for template: "mount"'],
    ['dog=woof@.mount', 'invalid unit type for template: "mount"'],
    ['foo%.service', "invalid character '%' in unit name"],
    ['yes/no.service', "invalid character '/' in unit name"],
    ['foo@{1..3}.service', "invalid character '{' in unit name"],
    ['a b.service', "invalid character ' ' in unit name"],
    ['a\nb.service', "invalid character '\\n' in unit name"],
    ["a'b.service", "invalid character '\\'' in unit name"],
    ['a"b.service', `invalid character '"' in unit name`],
    ['é.service', "invalid character 'é' in unit name"],
    ['a\0b.service', "invalid character '\\x00' in unit name"],
    ['a.b"\n', 'invalid unit type: "b\\"\\n"'],
    // Of several rules that a name breaks, fleet names the first.
    ['.', 'unit name cannot end in "."'],
    [`@${'/'.repeat(256)}`, 'unit name exceeds maximum length (256)'],
    ['@a/b', 'unit name must contain "."'],
    ['@a/b.bar', 'invalid unit type: "bar"'],
    ['@a/b.mount', 'invalid unit type for template: "mount"'],
    ['@a/b.service', "invalid character '/' in unit name"],
    ['a.b@c', 'invalid unit type: "b@c"'],
    ['@foo.service', 'unit name cannot start in "@"'],
  ])('may not be %j', (name, why) => {
    expect(() => unitName(name)).toThrow(UnitNameInvalid);
    expect(() => unitName(name)).toThrow(expect.objectContaining({ message: why }) as Error);
    expect(isUnitName(name)).toBe(false);
  });
});

describe('the parts of a unit name', () => {
  it.each([
    ['foo.service', { stem: 'foo', prefix: 'foo', instance: undefined, template: undefined }],
    ['foo@.service', { stem: 'foo@', prefix: 'foo', instance: '', template: 'foo@.service' }],
    ['foo@bar@baz.service', { stem: 'foo@bar@baz', prefix: 'foo', instance: 'bar@baz', template: 'foo@.service' }],
    ['foo.1@2.service', { stem: 'foo.1@2', prefix: 'foo.1', instance: '2', template: 'foo.1@.service' }],
  ])('of %s', (name, parts) => {
    expect(decompose(name)).toEqual({ suffix: '.service', ...parts });
  });

  it('are none without a dot', () => {
    expect(decompose('foo@1')).toBeUndefined();
    expect(isTemplate('foo@')).toBe(false);
  });

  it('tell templates, instances and plain units apart', () => {
    expect(['a.service', 'a@.service', 'a@1.service'].map(isTemplate)).toEqual([false, true, false]);
    expect(['a.service', 'a@.service', 'a@1.service'].map(isInstance)).toEqual([false, false, true]);
    expect(['a.service', 'a@.service', 'a@1.service'].map(templateOf)).toEqual([undefined, undefined, 'a@.service']);
  });
});

describe('an argument on the command line', () => {
  it.each([
    ['foo', 'foo.service'],
    ['foo.1', 'foo.1.service'],
    ['dir/bar.socket', 'bar.socket'],
    ['./units/redis@.service', 'redis@.service'],
    ['a.target', 'a.target.service'],
    ['a.automount', 'a.automount'],
    ['dir/', 'dir.service'],
    ['', '..service'],
  ])('%j stands for %s', (argument, name) => {
    expect(mangle(argument)).toBe(name);
  });
});

describe('a target state', () => {
  it('is one of three words', () => {
    expect(['inactive', 'loaded', 'launched'].map(targetState)).toEqual(['inactive', 'loaded', 'launched']);
    expect(() => targetState('Launched')).toThrow(TargetStateInvalid);
    expect(() => targetState('running')).toThrow('invalid value "running" for JobState');
  });
});

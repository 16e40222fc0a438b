import { describe, expect, it } from 'vitest';
import { field, parseJson, printJson } from './json.ts';

describe('JSON of the API', () => {
  it('has its keys in alphabetical order at every depth, those that look like numbers, too', () => {
    expect(printJson({ b: [{ d: 1, c: null }], a: { '9': 'x', '10': 'y', '-1': 'z' }, none: undefined })).toBe(
      '{"a":{"-1":"z","10":"y","9":"x"},"b":[{"c":null,"d":1}]}',
    );
  });

  it('comes back as it was', () => {
    for (const value of [null, true, -1.5, '', 'a"\\\n\u2028\ud800', [], {}, [[{}]], { '': { __proto__x: [] } }])
      expect(JSON.parse(printJson(value))).toEqual(value);
  });

  it.each(['', ' \r\n\t'])('is missing in %j, which is told as fleet does', (text) => {
    expect(() => parseJson(text)).toThrow('EOF');
  });

  it('may be nested as deep as a body is long', () => {
    const deep = 1_000_000;
    expect(() => parseJson('['.repeat(deep))).toThrow(SyntaxError);
    expect(parseJson('['.repeat(deep) + ']'.repeat(deep))).toBeInstanceOf(Array);
  });
});

describe('a field', () => {
  it('is found in any case, the one spelled exactly so first', () => {
    expect(field({ VALUE: 1 }, 'value')).toBe(1);
    expect(field({ VALUE: 1, value: 2 }, 'value')).toBe(2);
  });

  it('is not what every object has', () => {
    expect(field({}, 'constructor')).toBeUndefined();
    expect(field(JSON.parse('{"__proto__":{"value":1}}'), 'value')).toBeUndefined();
    expect(field(null, 'value')).toBeUndefined();
  });
});

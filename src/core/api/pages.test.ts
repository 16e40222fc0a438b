import { describe, expect, it } from 'vitest';
import { decodePage, encodePage, pageOf, parsePageToken, printPageToken } from './pages.ts';

const items = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `m${index}` }));

describe('page tokens', () => {
  it('are two little-endian numbers in URL-safe base64, as fleet has them', () => {
    expect(printPageToken({ limit: 100, page: 2 })).toBe('ZAACAA==');
    expect(parsePageToken('ZAACAA==', 100)).toEqual({ limit: 100, page: 2 });
  });

  it('come back as they were, also where base64 needs its special letters', () => {
    for (const limit of [1, 251, 1023, 65_535])
      for (const page of [1, 62, 63, 64_511, 65_535, 65_536, 16_777_217, 4_294_967_295])
        expect(parsePageToken(printPageToken({ limit, page }), limit)).toEqual({ limit, page });
  });

  it.each([
    ['of another limit', 'EwBMLg==', 'token limit must be 100'],
    ['of page 0', printPageToken({ limit: 100, page: 0 }), 'token page must be greater than zero'],
    ['that are no base64', 'Z*ACAA==', 'illegal base64 data at input byte 1'],
    ['with letters of the other base64', 'ZA+CAA==', 'illegal base64 data at input byte 2'],
    ['without their padding', 'ZAACAA', 'illegal base64 data at input byte 4'],
    ['with half of their padding', 'ZAACAA=', 'illegal base64 data at input byte 7'],
    ['with too much padding', 'ZAACAA===', 'illegal base64 data at input byte 8'],
    ['with padding only', '====', 'illegal base64 data at input byte 0'],
    ['with padding in front of more', 'ZA==CAA=', 'illegal base64 data at input byte 4'],
    ['of one letter', 'x', 'illegal base64 data at input byte 0'],
    ['that are too short', 'ZAA=', 'unexpected EOF'],
    ['that are empty', '', 'EOF'],
    ['of a million letters', 'A'.repeat(1_000_001), 'illegal base64 data at input byte 1000000'],
  ])('%s are refused', (_, token, message) => {
    expect(() => parsePageToken(token, 100)).toThrow(message);
  });
});

describe('pages', () => {
  it('divide a list, the last without a token', () => {
    const all = items(103);
    const first = pageOf(all, [], 60);
    expect(first.items).toHaveLength(60);
    const second = pageOf(all, [first.next ?? ''], 60);
    expect(second).toEqual({ items: all.slice(60), next: undefined });
  });

  it('end where the list ends, also when it fills the last page', () => {
    expect(pageOf(items(60), [], 60).next).toBeUndefined();
  });

  it('beyond the end are empty', () => {
    expect(pageOf(items(3), [printPageToken({ limit: 2, page: 9 })], 2)).toEqual({ items: [], next: undefined });
  });

  it('reach beyond 65,535 items', () => {
    const all = items(65_600);
    expect(pageOf(all, [printPageToken({ limit: 100, page: 656 })], 100).items).toEqual(all.slice(65_500));
  });

  it('go on where 16 bits end, also with one item on each', () => {
    const all = items(65_537);
    const { items: last, next = '' } = pageOf(all, [printPageToken({ limit: 1, page: 65_535 })], 1);
    expect(last).toEqual([all[65_534]]);
    expect(pageOf(all, [next], 1)).toMatchObject({ items: [all[65_535]] });
  });

  it('bring everything once to a client that follows the tokens', () => {
    for (const count of [0, 1, 6, 7, 8, 103]) {
      const all = items(count);
      const seen: unknown[] = [];
      for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
        const page = pageOf(all, token === undefined ? [] : [token], 7);
        seen.push(...page.items);
        token = page.next;
      }
      expect(seen).toEqual(all);
    }
  });

  it('ask for one token at most', () => {
    expect(() => pageOf([], ['ZAACAA==', 'ZAACAA=='], 100)).toThrow('too many values for page token');
  });

  it('are written as an empty object when there is nothing', () => {
    expect(encodePage('units', { items: [], next: undefined })).toEqual({});
  });

  it('come back as they were', () => {
    const page = { items: items(2), next: 'ZAACAA==' };
    expect(decodePage('machines', encodePage('machines', page), (item) => item)).toEqual(page);
    expect(decodePage('machines', {}, (item) => item)).toEqual({ items: [], next: undefined });
  });
});

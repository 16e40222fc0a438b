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
      for (const page of [1, 62, 63, 64_511, 65_535])
        expect(parsePageToken(printPageToken({ limit, page }), limit)).toEqual({ limit, page });
  });

  it.each([
    ['of another limit', 'EwBMLg==', 'token limit must be 100'],
    ['of page 0', printPageToken({ limit: 100, page: 0 }), 'token page must be greater than zero'],
    ['that are no base64', 'Z*ACAA==', 'illegal base64 data at input byte 1'],
    ['without their padding', 'ZAACAA', 'illegal base64 data at input byte 6'],
    ['that are too short', 'ZAA=', 'unexpected EOF'],
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

import { describe, expect, it } from 'vitest';
import type { ITxnRequest, ITxnResponse } from './member.ts';
import { readInPages } from './pages.ts';

/** A store of keys, at a revision that grows with every question; `asked` holds what it was asked for. */
function aStore(keys: readonly string[], compactions = 0) {
  const asked: { key: string; revision?: number }[] = [];
  let left = compactions;
  const ask = async ({ success = [] }: ITxnRequest): Promise<ITxnResponse> => {
    const responses = success.map((op) => {
      const { key = '', range_end: end, limit = 0, revision } = op.request_range ?? {};
      asked.push({ key: String(key), ...(revision === undefined ? {} : { revision: Number(revision) }) });
      if (revision !== undefined && left-- > 0)
        throw new Error('etcdserver: mvcc: required revision has been compacted');
      const below = keys.filter((one) =>
        end === undefined ? one === String(key) : one >= String(key) && one < String(end),
      );
      const kvs = below.slice(0, Number(limit)).map((one) => ({
        ...{
          key: Buffer.from(one),
          value: Buffer.from(`of ${one}`),
          create_revision: '1',
          mod_revision: '1',
          lease: '0',
        },
      }));
      return { response_range: { kvs, more: below.length > Number(limit) } };
    });
    return { header: { revision: String(100 + asked.length) }, succeeded: true, responses } as unknown as ITxnResponse;
  };
  return { ask, asked };
}

const keys = ['/a/1', '/a/2', '/a/3', '/a/4', '/a/5', '/b'];
const found = async (read: ReturnType<typeof readInPages>) =>
  (await read).results.map((range) => range.found.map(({ key, value }) => `${key} ${value}`));

describe('a listing in pages', () => {
  it.each([1, 2, 5, 6])('has every key once, whatever a page holds (%i)', async (limit) => {
    const { ask } = aStore(keys);
    expect(await found(readInPages(ask, ['/a/', '/b', '/c/'], limit))).toEqual([
      keys.slice(0, 5).map((key) => `${key} of ${key}`),
      ['/b of /b'],
      [],
    ]);
  });

  it('is of one revision, that of its first page', async () => {
    const { ask, asked } = aStore(keys);
    expect(await readInPages(ask, ['/a/'], 2)).toMatchObject({ held: true, revision: 101 });
    expect(asked).toEqual([{ key: '/a/' }, { key: '/a/2\0', revision: 101 }, { key: '/a/4\0', revision: 101 }]);
  });

  it('begins anew when its revision was compacted away between two pages, and not for ever', async () => {
    expect(await readInPages(aStore(keys, 1).ask, ['/a/'], 3)).toMatchObject({ revision: 103 });
    await expect(readInPages(aStore(keys, 9).ask, ['/a/'], 3)).rejects.toThrow('compacted');
  });
});

/**
 * Whole ranges as they were at one revision, read a page at a time: a page that was read is garbage before the next one
 * comes, where a store of ten thousand keys in one piece would leave tens of megabytes of it behind for good.
 */
import type { KeyValue, TransactionResult } from './index.ts';
import type { ITxnRequest, ITxnResponse } from './member.ts';
import { bounds, parseKeyValue } from './wire.ts';

const keysPerPage = 500;
/** A compaction may take the revision away between two pages; it does not come every second. */
const mostBeginnings = 3;

export async function readInPages(
  ask: (request: ITxnRequest) => Promise<ITxnResponse>,
  ranges: readonly string[],
  limit = keysPerPage,
): Promise<TransactionResult> {
  for (let beginning = 1; ; beginning++) {
    try {
      return await readOnce(ask, ranges, limit);
    } catch (error) {
      if (!(error instanceof Error && /compacted/.test(error.message)) || beginning >= mostBeginnings) throw error;
    }
  }
}

async function readOnce(
  ask: (request: ITxnRequest) => Promise<ITxnResponse>,
  ranges: readonly string[],
  limit: number,
): Promise<TransactionResult> {
  const first = await ask({ success: ranges.map((range) => ({ request_range: { ...bounds(range), limit } })) });
  const revision = Number(first.header.revision);
  const results: { found: readonly KeyValue[]; removed: number }[] = [];
  for (const [at, range] of ranges.entries()) {
    const found: KeyValue[] = [];
    let page = first.responses[at]?.response_range;
    while (page !== undefined) {
      for (const pair of page.kvs) found.push(parseKeyValue(pair));
      const last = page.kvs.at(-1)?.key;
      if (!page.more || last === undefined) break;
      const next = { ...bounds(range), key: Buffer.concat([last, Buffer.from([0])]), revision, limit };
      page = (await ask({ success: [{ request_range: next }] })).responses[0]?.response_range;
    }
    results.push({ found, removed: 0 });
  }
  return { held: true, revision, results };
}

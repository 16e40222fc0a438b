/** Name → service records: subtree, wildcard, duplicates and groups. @see skydns.md 1.3 to 1.5 */
import type { Millis } from '../base/time.ts';
import { lowerName, pathOfName } from '../records/name.ts';
import type { ServiceRecord } from '../records/record.ts';
import { leaves, type RecordTree } from './tree.ts';

/** Undefined when nothing has that name; an empty list when the name exists and holds nothing of use. */
export type Found = readonly ServiceRecord[] | undefined;

const isWildcard = (label: string): boolean => label === '*' || label === 'any';

/**
 * Every record at or below the name, without duplicates, by key.
 *
 * @param now leaves that have expired meanwhile are not found: the store would have dropped them, could we hear it
 */
export function findServices(tree: RecordTree, name: string, now: Millis): Found {
  const path = pathOfName(lowerName(name));
  const wildcard = path.findIndex(isWildcard);
  const branch = tree.at(wildcard < 0 ? path : path.slice(0, wildcard));
  if (branch === undefined) return undefined;
  // A wildcard below a leaf has nothing to choose from, and SkyDNS answers with the leaf itself.
  const { isLeaf } = branch;
  const matches = (record: ServiceRecord) => wildcard < 0 || isLeaf || beginsLike(tree.pathOf(record.key), path);
  const found = [...leaves(branch)].filter((record) => isAlive(record, now) && matches(record));
  return found.length > 1 ? withoutDuplicates(found) : found;
}

/** The record at exactly that name. @returns undefined when nothing has the name, null when it is no single leaf */
export function findLeaf(tree: RecordTree, name: string, now: Millis): ServiceRecord | null | undefined {
  const path = pathOfName(lowerName(name));
  const wildcard = path.findIndex(isWildcard);
  const branch = tree.at(wildcard < 0 ? path : path.slice(0, wildcard));
  if (branch === undefined) return undefined;
  const { record } = branch;
  return wildcard < 0 && branch.isLeaf && record !== undefined && isAlive(record, now) ? record : null;
}

const isAlive = ({ expiresAt }: ServiceRecord, now: Millis): boolean => expiresAt === undefined || expiresAt > now;

/** A key may be longer than the name: matching is from the root. */
const beginsLike = (key: readonly string[], name: readonly string[]): boolean =>
  key.length >= name.length && name.every((label, at) => isWildcard(label) || label === key[at]);

function withoutDuplicates(records: readonly ServiceRecord[]): ServiceRecord[] {
  const seen = new Set<string>();
  return records.filter(({ host, port, priority, weight, text }) => {
    const content = JSON.stringify([host, port, priority, weight, text]);
    const isNew = !seen.has(content);
    seen.add(content);
    return isNew;
  });
}

/**
 * Keeps the records of the group that the shallowest key names; groupless ones always stay.
 *
 * @see skydns.md 1.5
 */
export function inOneGroup(records: readonly ServiceRecord[]): readonly ServiceRecord[] {
  const [first, ...others] = records;
  if (first === undefined) return records;
  let { group } = first;
  let depth = depthOf(first);
  for (const record of others) {
    if (depthOf(record) >= depth) continue;
    if (record.group === '') break;
    ({ group } = record);
    depth = depthOf(record);
  }
  if (group === '') return records;
  const disagrees = records.some(
    (record) => record.group !== '' && record.group !== group && depthOf(record) === depth,
  );
  return disagrees ? records : records.filter((record) => record.group === '' || record.group === group);
}

const depthOf = ({ key }: ServiceRecord): number => key.split('/').length;

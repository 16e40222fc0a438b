/** Measures the bars of docs/performance.md on this machine and prints them as a table; names as arguments choose some. */
import { agentWithManyUnits } from './agent.ts';
import { benchCluster } from './cluster.ts';
import { idleMemory, idleProcessor } from './idle.ts';
import { manyMachines } from './many.ts';
import { names } from './names.ts';
import { npmStart } from './npm-start.ts';
import { deregister } from './registrator.ts';
import { scheduling } from './scheduler.ts';
import { printTable, type Row } from './table.ts';
import { failover, startHundred, startOne } from './units.ts';
import { upAgainstBare } from './up.ts';

const chosen = process.argv.slice(2);
const wanted = (name: string): boolean => chosen.length === 0 || chosen.includes(name);
const rows: Row[] = [];
const measure = async (name: string, act: () => Promise<Row | Row[]>): Promise<void> => {
  if (!wanted(name)) return;
  process.stderr.write(`measuring ${name} …\n`);
  rows.push(...[await act()].flat());
};

await measure('scheduler', () => scheduling());
await measure('names', () => names());
await measure('many', () => manyMachines());
await measure('up', () => upAgainstBare());
await measure('agent', () => agentWithManyUnits());
if (['memory', 'processor', 'start', 'hundred', 'failover', 'deregister'].some(wanted)) {
  await using cluster = await benchCluster('bench');
  await measure('memory', () => idleMemory(cluster));
  await measure('processor', () => idleProcessor(cluster));
  await measure('start', () => startOne(cluster));
  await measure('hundred', () => startHundred(cluster));
  await measure('failover', () => failover(cluster));
  // Last, since it wakes a Docker engine.
  await measure('deregister', () => deregister(cluster));
}
// Only when it is asked for: it says something about a bare machine alone.
if (chosen.includes('npm-start')) await measure('npm-start', () => npmStart());
process.stdout.write(`${printTable(rows)}\n`);

/** What a machine costs that does nothing: memory of the whole machine, processor time of our programs. */
import type { BenchCluster } from './cluster.ts';
import { median, type Row } from './table.ts';

const machines = ['core-01', 'core-02', 'core-03'] as const;

/** The machine's memory as `docker stats` counts it: all that its cgroup is charged for, less file cache that can be dropped. */
export async function idleMemory(cluster: BenchCluster): Promise<Row> {
  const used = await Promise.all(
    machines.map(async (machine) => {
      const docker = await cluster.on(machine, 'systemctl is-active docker.service || true');
      if (docker.trim() === 'active') throw new Error(`${machine} already uses its Docker engine`);
      const { memory_stats: memory } = await cluster.docker
        .getContainer(`${cluster.name}-${machine}`)
        .stats({ stream: false, 'one-shot': true });
      const droppable = memory.stats['total_inactive_file'] ?? memory.stats['inactive_file'] ?? 0;
      return (memory.usage - droppable) / 2 ** 20;
    }),
  );
  return {
    what: 'an idle machine’s memory, its Docker engine unused',
    measured: used.map((mebibytes) => `${mebibytes.toFixed(0)} MiB`).join(', '),
    against: '',
    bar: '160 MiB',
  };
}

/** Processor seconds of fleetd, skydns and registrator over a quiet minute, as a share of one core. */
export async function idleProcessor(cluster: BenchCluster, seconds = 60): Promise<Row> {
  const spent = (machine: string) =>
    cluster.on(
      machine,
      `cat $(pgrep -f '/opt/devcluster/lib/' | sed 's|.*|/proc/&/stat|') | awk '{ ticks += $14 + $15 } END { print ticks / 100 }'`,
    );
  const shares = await Promise.all(
    machines.map(async (machine) => {
      const before = Number(await spent(machine));
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      return ((Number(await spent(machine)) - before) / seconds) * 100;
    }),
  );
  return {
    what: 'an idle machine’s processor use, our three programs together',
    measured: `${median(shares).toFixed(2)} % of a core (${shares.map((share) => share.toFixed(2)).join(', ')})`,
    against: '',
    bar: '1 % of a core',
  };
}

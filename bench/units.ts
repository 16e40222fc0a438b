/** How long a unit takes from the command to running: one, a hundred, and one whose machine was killed. */
import type { BenchCluster } from './cluster.ts';
import { inMilliseconds, inSeconds, median, type Row, spread, timed } from './table.ts';

const sleeper = (name: string): string =>
  `[Unit]\\nDescription=${name}\\n[Service]\\nExecStart=/usr/bin/sleep infinity\\n`;

/** `fleetctl start` of a unit nobody has seen, against `systemctl start` of a unit that lies ready, through the same door. */
export async function startOne(cluster: BenchCluster, runs = 15): Promise<Row> {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    await cluster.on(
      'core-01',
      `printf '${sleeper('ours')}' > /root/one-${run}.service; printf '${sleeper('bare')}' > /run/systemd/system/bare-${run}.service; systemctl daemon-reload`,
    );
    const start = await timed(() => cluster.on('core-01', `fleetctl start /root/one-${run}.service`));
    const systemctl = await timed(() => cluster.on('core-01', `systemctl start bare-${run}.service`));
    const shown = await cluster.on(
      'core-01',
      `fleetctl list-units --no-legend --fields unit,active,sub | grep one-${run}.service`,
    );
    if (!/active\s+running/.test(shown)) throw new Error(`timed a start that did not run: ${shown}`);
    if (run > 0) {
      ours.push(start);
      bare.push(systemctl);
    }
  }
  await cluster.on(
    'core-01',
    `fleetctl destroy $(fleetctl list-units --no-legend --fields unit | grep ^one-); systemctl stop 'bare-*'; rm /run/systemd/system/bare-*; systemctl daemon-reload`,
  );
  return {
    what: '`fleetctl start` of one small unit, to launched and running',
    measured: spread(ours, inMilliseconds),
    against: `bare \`systemctl start\` ${spread(bare, inMilliseconds)}: ${(median(ours) / median(bare)).toFixed(1)} x`,
    bar: '250 ms, 5 x',
  };
}

/** One command that starts a hundred instances over three machines; it ends when all of them run. */
export async function startHundred(cluster: BenchCluster, runs = 3): Promise<Row> {
  const durations: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    await cluster.on('core-01', `printf '${sleeper('%i')}' > /root/many@.service`);
    const duration = await timed(() => cluster.on('core-01', 'fleetctl start /root/many@{1..100}.service'));
    const running = await cluster.on(
      'core-01',
      `fleetctl list-units --no-legend --fields unit,active,sub | grep -c '^many@.*active.*running'`,
    );
    if (Number(running) !== 100) throw new Error(`timed a start that left ${running} of 100 units running`);
    if (run > 0) durations.push(duration);
    await cluster.on('core-01', 'fleetctl destroy many@{1..100}.service; fleetctl destroy many@.service');
  }
  return {
    what: '100 units started over 3 machines',
    measured: spread(durations, inSeconds),
    against: '',
    bar: '1.5 s',
  };
}

/** From the kill of a unit's machine to the unit running on another. */
export async function failover(cluster: BenchCluster, runs = 5): Promise<Row> {
  const durations: number[] = [];
  await cluster.on(
    'core-01',
    `printf '${sleeper('moves')}[X-Fleet]\\nMachineMetadata=purpose=services\\n' > /root/moves.service; fleetctl start /root/moves.service`,
  );
  for (let run = 0; run < runs; run += 1) {
    const home = (
      await cluster.on('core-01', `fleetctl list-units --no-legend --full --fields unit,machine | grep ^moves`)
    )
      .trim()
      .split('/')
      .at(-1);
    const lost = home?.endsWith('.102') ? 'core-02' : 'core-03';
    const other = lost === 'core-02' ? 'core-03' : 'core-02';
    const moved = cluster.on(other, 'until systemctl is-active -q moves.service; do sleep 0.02; done');
    durations.push(
      await timed(async () => {
        await cluster.docker.getContainer(`${cluster.name}-${lost}`).kill();
        await moved;
      }),
    );
    await cluster.docker.getContainer(`${cluster.name}-${lost}`).start();
    await cluster.on(
      'core-01',
      `until [ $(fleetctl list-machines --no-legend | wc -l) = 3 ] && etcdctl endpoint health --cluster; do sleep 0.1; done`,
    );
  }
  return {
    what: 'a machine killed, to its unit running elsewhere',
    measured: spread(durations, inSeconds),
    against: 'agent_ttl 3 s',
    bar: '3.5 s',
  };
}

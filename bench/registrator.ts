/** How long a service record outlives its container. */
import type { BenchCluster } from './cluster.ts';
import { inMilliseconds, median, type Row, spread } from './table.ts';

/** An image with nothing but a shell and sleep, made of the machine's own files. */
const tinyImage =
  'cd / && tar -c bin sbin lib lib64 usr/bin/sleep usr/bin/dash usr/bin/sh usr/lib/ld-linux* usr/lib/*/ld-linux* usr/lib/*/libc.so.6 usr/lib64 2>/dev/null | docker import - bench-tiny >/dev/null';

/**
 * Run inside the machine, so that no door into it is measured along. Every line of what etcd's and Docker's own clients
 * see is stamped when it arrives; each round prints when the process was killed, in the same clock.
 */
const rounds = (count: number) => `
set -e
key=/skydns/test/cluster/bench-deregister/one
stamp() { while read -r line; do echo "$EPOCHREALTIME $line"; done; }
etcdctl watch $key | stamp > /tmp/etcd-saw & watching=$!
docker events --filter event=die --format '{{.Action}}' | stamp > /tmp/docker-saw & listening=$!
trap 'pkill -P $$; docker rm -f bench-deregister >/dev/null 2>&1 || true' EXIT
sleep 0.5
for round in $(seq ${count}); do
  docker run -d --name bench-deregister -p 8080:8080 -e SERVICE_NAME=bench-deregister -e SERVICE_ID=one bench-tiny sleep 600 >/dev/null
  until [ $(grep -c ' PUT$' /tmp/etcd-saw) = $round ]; do sleep 0.02; done
  sleep 0.3
  process=$(docker inspect --format '{{.State.Pid}}' bench-deregister)
  killed=$EPOCHREALTIME
  kill -9 $process
  until [ $(grep -c ' DELETE$' /tmp/etcd-saw) = $round ] && [ $(grep -c ' die$' /tmp/docker-saw) = $round ]; do sleep 0.02; done
  echo $killed $(grep ' die$' /tmp/docker-saw | tail -1 | cut -d' ' -f1) $(grep ' DELETE$' /tmp/etcd-saw | tail -1 | cut -d' ' -f1)
  docker rm bench-deregister >/dev/null
done
`;

/** From the kill of a container's process to etcd's news that its record is gone, against Docker's own news of the death. */
export async function deregister(cluster: BenchCluster, runs = 10): Promise<Row> {
  await cluster.on('core-01', tinyImage);
  // The first round wakes everything that sleeps.
  const printed = await cluster.on('core-01', rounds(runs + 1));
  const measured = printed.trim().split('\n').slice(1);
  const times = measured.map((line) => line.split(' ').map((time) => Number(time) * 1_000));
  if (times.length !== runs) throw new Error(`timed ${times.length} deaths instead of ${runs}: ${printed}`);
  const gone = times.map(([killed = 0, , deleted = 0]) => deleted - killed);
  const died = times.map(([killed = 0, dead = 0]) => dead - killed);
  return {
    what: 'a container’s process killed, to its service record gone from etcd',
    measured: spread(gone, inMilliseconds),
    against: `Docker’s own news of the death ${spread(died, inMilliseconds)}: ${(median(gone) / median(died)).toFixed(1)} x`,
    bar: '100 ms',
  };
}

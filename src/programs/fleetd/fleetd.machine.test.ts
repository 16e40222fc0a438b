/** fleetd as a process under a real systemd, with an etcd that comes and goes. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = async (command: string, ...args: readonly string[]) =>
  (await promisify(execFile)(command, args)).stdout.trim();
const systemctl = (...args: readonly string[]) => run('systemctl', ...args);
const show = (unit: string, property: string) => systemctl('show', '--property', property, '--value', unit);

const folder = '/run/fleet-under-test';
const service = 'fleet-under-test.service';
const etcd = 'etcd-under-test.service';
const endpoint = 'http://127.0.0.1:23790';
const unit = 'under-test.service';
const tcp = '127.0.0.1:49153';

const configure = (...more: readonly string[]) =>
  writeFile(
    `${folder}/fleet.conf`,
    [`etcd_servers=${endpoint}`, `units_directory=${folder}/units`, 'public_ip=127.0.0.1', ...more, ''].join('\n'),
  );
const startEtcd = () =>
  run(
    ...['systemd-run', '--quiet', '--collect', `--unit=${etcd}`, '--property=Type=notify', 'etcd', '--data-dir'],
    ...[`${folder}/etcd`, '--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
    ...['--listen-peer-urls', 'http://127.0.0.1:23800'],
  );
const log = () => readFile(`${folder}/log`, 'utf8');

/** Asks the API on its unix socket. @returns status and body */
const call = (path: string, ...more: readonly string[]) =>
  curl('--unix-socket', `${folder}/sock`, ...more, `http://fleet${path}`);
const callOverTcp = (path: string) => curl(`http://${tcp}${path}`);

async function curl(...request: readonly string[]) {
  const printed = await run(
    ...['curl', '--silent', '--write-out', '\n%{http_code}', '--header', 'content-type: application/json', ...request],
  );
  const [status = '', ...body] = printed.split('\n').reverse();
  return { status: Number(status), body: body.reverse().join('\n') };
}

async function eventually(holds: () => Promise<boolean>, within = 20_000): Promise<void> {
  for (const end = performance.now() + within; !(await holds()); ) {
    if (performance.now() > end) throw new Error(`it did not come true:\n${await log()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const inTheCluster = () => eventually(async () => (await call('/fleet/v1/machines')).status === 200);

/** What makes one run of a unit different from every other. */
const invocation = () => show(unit, 'InvocationID');

beforeAll(async () => {
  await mkdir(`${folder}/units`, { recursive: true });
  await writeFile(
    '/run/systemd/system/fleet-under-test.socket',
    `[Unit]\nStopPropagatedFrom=${service}\n[Socket]\nListenStream=${folder}/sock\nListenStream=${tcp}\n`,
  );
  await writeFile(
    `/run/systemd/system/${service}`,
    `[Unit]\nWants=fleet-under-test.socket\nAfter=fleet-under-test.socket\nStartLimitIntervalSec=0\n` +
      `[Service]\nType=notify\nNotifyAccess=all\nRestart=always\nRestartSec=100ms\nRestartMode=direct\nKillMode=process\n` +
      `ExecReload=/bin/kill -HUP $MAINPID\nTimeoutStopSec=infinity\n` +
      `StandardOutput=append:${folder}/out\nStandardError=append:${folder}/log\n` +
      `ExecStart=${process.execPath} /repo/src/programs/fleetd/main.ts -config ${folder}/fleet.conf\n`,
  );
  await configure('agent_ttl=3s');
  await systemctl('daemon-reload');
});

afterAll(async () => {
  await systemctl('stop', service, 'fleet-under-test.socket', etcd).catch(() => {});
  await rm(folder, { recursive: true, force: true });
});

describe('fleetd without etcd', () => {
  it('is started, says where it stands, answers 503, hears its signals, and ends well', async () => {
    await systemctl('start', service);
    expect(await show(service, 'StatusText')).toMatch(/^not in the cluster: the registry is out of reach/);
    expect((await call('/fleet/v1/machines')).status).toBe(503);
    expect((await callOverTcp('/fleet/v1/machines')).status).toBe(503);
    const pid = await show(service, 'MainPID');
    await systemctl('reload', service);
    await systemctl('kill', '--signal=SIGUSR1', service);
    const dumped = { Agent: { Cache: { TargetStates: {} } }, UnitStatePublisher: { Cache: {}, ToPublish: {} } };
    await eventually(async () => (await readFile(`${folder}/out`, 'utf8')).endsWith('\n'));
    expect(JSON.parse(await readFile(`${folder}/out`, 'utf8'))).toEqual({
      ...dumped,
      UnitStateGenerator: { Subscribed: [] },
    });
    expect(await show(service, 'MainPID')).toBe(pid);
    expect(await log()).toContain(`INFO Reloading configuration from ${folder}/fleet.conf\n`);
    expect(await log()).toContain('INFO Dumping server state\n');
    await systemctl('stop', service);
    expect(await show(service, 'Result')).toBe('success');
    expect(await show(service, 'ExecMainStatus')).toBe('0');
    expect(await log()).toContain('INFO Gracefully shutting down\n');
  });
});

describe('fleetd with etcd', () => {
  it('runs a unit, which outlives its crash, its restart, its reload and etcd, and goes with it', async () => {
    await startEtcd();
    await systemctl('start', service);
    await inTheCluster();
    const options = [{ section: 'Service', name: 'ExecStart', value: '/bin/sleep infinity' }];
    const body = JSON.stringify({ desiredState: 'launched', options });
    expect((await call(`/fleet/v1/units/${unit}`, '--request', 'PUT', '--data', body)).status).toBe(201);
    await eventually(async () => (await show(unit, 'ActiveState')) === 'active');
    expect(await callOverTcp(`/fleet/v1/units/${unit}`)).toEqual(await call(`/fleet/v1/units/${unit}`));
    const same = await invocation();

    await systemctl('kill', '--signal=SIGKILL', service);
    await eventually(async () => (await log()).split('Starting fleetd').length === 4);
    await inTheCluster();
    expect(await invocation()).toBe(same);

    await systemctl('restart', service);
    await inTheCluster();
    expect(await invocation()).toBe(same);

    const pid = await show(service, 'MainPID');
    await configure('agent_ttl=5s', 'metadata=disk=ssd');
    await systemctl('reload', service);
    await eventually(async () => (await call('/fleet/v1/machines')).body.includes('"disk":"ssd"'));
    expect([await show(service, 'MainPID'), await invocation()]).toEqual([pid, same]);

    await systemctl('stop', etcd);
    await eventually(async () => (await call('/fleet/v1/machines')).status === 503);
    expect(await log()).toContain('Server monitor triggered: Monitor timed out before successful heartbeat');
    expect([await show(service, 'MainPID'), await invocation()]).toEqual([pid, same]);
    await startEtcd();
    await inTheCluster();
    expect(await invocation()).toBe(same);

    await systemctl('stop', etcd);
    await systemctl('stop', service);
    expect([await show(service, 'Result'), await show(service, 'ExecMainStatus')]).toEqual(['success', '0']);
    expect(await show(unit, 'LoadState')).toBe('not-found');
    expect(await log()).not.toMatch(/Failed serving HTTP|FATAL/);
  }, 120_000);
});

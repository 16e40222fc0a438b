import { describe, expect, it } from 'vitest';
import {
  aCluster,
  alone,
  aMachine,
  anAbsentEngine,
  at,
  elsewhere,
  home,
  type Records,
  redis,
  started,
  valueAt,
} from './fixtures.ts';

describe("fleet's units", () => {
  const argv = ['-fleet-units', '/run/fleet/units'];
  const website = {
    name: 'website.service',
    environment: ['SERVICE_NAME=website', 'SERVICE_PORT=8080', 'SERVICE_ID=w1'],
  };
  const recordAt = (address: string, port = 8080): Records => ({ 'website/w1': valueAt(address, port) });

  it('are registered while they run', async () => {
    const { cluster, machine } = alone(argv);
    machine.units.start(website);
    void machine.start();
    await cluster.holds(recordAt(home));
    machine.units.start({ name: 'silent.service' });
    machine.units.stop('website.service');
    await cluster.holds({});
    machine.units.start(website);
    await cluster.holds(recordAt(home));
    expect(machine.said()).toContain('added: website.service w1');
    expect(machine.said()).toContain('removed: website.service w1');
  });

  it('are left alone without the flag', async () => {
    const { cluster, machine } = alone();
    machine.units.start(website);
    void machine.start();
    await cluster.holds({});
  });

  it('have the record that they ask for after they were started anew', async () => {
    const { cluster, machine } = started(argv);
    machine.units.start(website);
    await cluster.holds(recordAt(home));
    machine.units.start({ ...website, environment: ['SERVICE_NAME=website', 'SERVICE_PORT=81', 'SERVICE_ID=w1'] });
    await cluster.holds(recordAt(home, 81));
    machine.units.start({ ...website, environment: ['SERVICE_NAME=website', 'SERVICE_PORT=eighty'] });
    await cluster.holds({});
    expect(machine.said()).toContain('ignored: website.service SERVICE_PORT is "eighty", not a port from 1 to 65535');
  });

  it('need no engine, and stay when one goes away', async () => {
    const { cluster, machine } = alone(argv);
    const appear = anAbsentEngine(machine);
    void machine.start();
    machine.units.start(website);
    await cluster.holds(recordAt(home));
    appear();
    machine.containers.start(redis());
    await cluster.holds({ ...recordAt(home), ...at(home) });
    machine.containers.close();
    await cluster.holds(recordAt(home));
  });

  it('displace the record of the machine that they left, and wait for it when they were found running', async () => {
    const cluster = aCluster();
    const [left, now] = [aMachine(cluster, elsewhere, argv), aMachine(cluster, home, argv)];
    now.units.start(website);
    left.units.start(website);
    void left.start();
    await cluster.holds(recordAt(elsewhere));
    void now.start();
    await cluster.holds(recordAt(elsewhere));
    left.units.stop('website.service');
    await cluster.holds(recordAt(home));
    left.units.start(website);
    await cluster.holds(recordAt(elsewhere));
  });
});

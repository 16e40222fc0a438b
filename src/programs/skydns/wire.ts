/** The one file of skydns that knows every real adapter. */
import { readFile } from 'node:fs/promises';
import { parseEndpoint, printEndpoint } from '../../core/records/address.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { openEtcd } from '../../ports/etcd/etcd3.ts';
import { consoleLog } from '../../ports/log/console.ts';
import { recordStoreOn } from '../../ports/record-store/etcd.ts';
import { activatedSockets } from './activated.ts';
import { dnsConfigOf, nameserversIn, type Options, prefixOf } from './config.ts';
import { ownAddresses } from './datagrams.ts';
import type { DnsServerWorld } from './server.ts';
import { version } from './version.ts';

export async function wire(options: Options): Promise<DnsServerWorld> {
  const clock = systemClock();
  const log = consoleLog({ verbosity: () => (options.verbose ? 1 : 0) });
  const { username, password, caCert, tlsKey, tlsPem } = options;
  const etcd = await openEtcd({
    clock,
    endpoints: options.machines,
    ...(username === '' ? {} : { username, password }),
    ...(caCert === '' ? {} : { authorityFile: caCert }),
    ...(tlsPem === '' ? {} : { certificateFile: tlsPem }),
    ...(tlsKey === '' ? {} : { keyFile: tlsKey }),
  });
  const { prometheusPort, prometheusPath, prometheusNamespace, prometheusSubsystem } = options;
  return {
    clock,
    log,
    store: recordStoreOn({ etcd, clock }),
    config: dnsConfigOf(options, await systemNameservers(options.listen)),
    prefix: prefixOf(options),
    stubZones: options.stubzones,
    verbose: options.verbose,
    version: `SkyDNS ${version}`,
    choose: (bound) => Math.floor(Math.random() * bound),
    activated: () => activatedSockets(process.env, process.pid),
    ...(prometheusPort === 0
      ? {}
      : {
          status: {
            port: prometheusPort,
            path: prometheusPath,
            namespace: prometheusNamespace,
            subsystem: prometheusSubsystem,
          },
        }),
  };
}

async function systemNameservers(listen: string): Promise<readonly string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  const { address, port } = parseEndpoint(listen) ?? { address: undefined, port: 0 };
  const isEvery = address?.text === '0.0.0.0' || address?.text === '::';
  const own = isEvery ? [...ownAddresses(4), ...ownAddresses(6)] : [address?.text ?? ''];
  return nameserversIn(text, new Set(own.map((one) => printEndpoint(one, port))));
}

/** The one file of skydns that knows every real adapter. */
import { readFile } from 'node:fs/promises';
import { parseEndpoint } from '../../core/records/address.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { openEtcd } from '../../ports/etcd/etcd3.ts';
import { consoleLog } from '../../ports/log/console.ts';
import { recordStoreOn } from '../../ports/record-store/etcd.ts';
import { dnsConfigOf, nameserversIn, type Options } from './config.ts';
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
  return {
    clock,
    log,
    store: recordStoreOn({ etcd, clock }),
    config: dnsConfigOf(options, await systemNameservers(options.addr)),
    prefix: options.pathPrefix,
    verbose: options.verbose,
    version: `SkyDNS ${version}`,
    choose: (bound) => Math.floor(Math.random() * bound),
  };
}

async function systemNameservers(listen: string): Promise<readonly string[]> {
  const text = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  const address = parseEndpoint(listen)?.address.text ?? '';
  const isEvery = address === '0.0.0.0' || address === '::';
  const own = isEvery ? [...ownAddresses(4), ...ownAddresses(6)] : [address];
  return nameserversIn(text, new Set(own));
}

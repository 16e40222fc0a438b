/** How fleetd meets etcd, as its configuration says. */
import { seconds } from '../../core/base/time.ts';
import type { EtcdOptions } from '../../ports/etcd/etcd3.ts';
import type { Config } from './config.ts';

/** A hundred machines are a hundred clients; and the lease that each renews is a sign of life, and finds out sooner when there is none. */
const askAfterSilence = seconds(10);

type EtcdConfig = Pick<
  Config,
  'etcdServers' | 'etcdUsername' | 'etcdPassword' | 'etcdCafile' | 'etcdCertfile' | 'etcdKeyfile' | 'etcdRequestTimeout'
>;

export function etcdOptions(config: EtcdConfig): Omit<EtcdOptions, 'clock'> {
  const { etcdUsername, etcdPassword, etcdCafile, etcdCertfile, etcdKeyfile } = config;
  return {
    endpoints: config.etcdServers,
    timeout: config.etcdRequestTimeout,
    askAfterSilence,
    ...(etcdUsername === '' ? {} : { username: etcdUsername, password: etcdPassword }),
    ...(etcdCafile === '' ? {} : { authorityFile: etcdCafile }),
    ...(etcdCertfile === '' ? {} : { certificateFile: etcdCertfile }),
    ...(etcdKeyfile === '' ? {} : { keyFile: etcdKeyfile }),
  };
}

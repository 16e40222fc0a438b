import { expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { readGlobals } from './settings.ts';

const read = (flags: Record<string, string>, env: Record<string, string> = {}) =>
  readGlobals(new Map(Object.entries(flags)), env);

it('has every global flag, with the presets that scripts know', () => {
  expect(read({}).values).toEqual({
    endpoint: 'unix:///var/run/fleet.sock',
    driver: 'API',
    etcdKeyPrefix: '/_coreos.com/fleet/',
    keyFile: '',
    certFile: '',
    caFile: '',
    tunnel: '',
    knownHostsFile: '~/.fleetctl/known_hosts',
    strictHostKeyChecking: true,
    sshTimeout: seconds(10),
    sshUsername: 'core',
    identityFile: '',
    requestTimeout: seconds(3),
    debug: false,
    experimentalApi: true,
  });
});

it.each([
  ['FLEETCTL_ENDPOINT', 'http://a:1', 'endpoint', 'http://a:1'],
  ['FLEETCTL_DRIVER', 'etcd', 'driver', 'etcd'],
  ['FLEETCTL_ETCD_KEY_PREFIX', '/p', 'etcdKeyPrefix', '/p'],
  ['FLEETCTL_KEY_FILE', '/k', 'keyFile', '/k'],
  ['FLEETCTL_CERT_FILE', '/c', 'certFile', '/c'],
  ['FLEETCTL_CA_FILE', '/a', 'caFile', '/a'],
  ['FLEETCTL_ETCD_KEYFILE', '/k', 'keyFile', '/k'],
  ['FLEETCTL_ETCD_CERTFILE', '/c', 'certFile', '/c'],
  ['FLEETCTL_ETCD_CAFILE', '/a', 'caFile', '/a'],
  ['FLEETCTL_TUNNEL', '127.0.0.1:2222', 'tunnel', '127.0.0.1:2222'],
  ['FLEETCTL_KNOWN_HOSTS_FILE', '/h', 'knownHostsFile', '/h'],
  ['FLEETCTL_STRICT_HOST_KEY_CHECKING', 'false', 'strictHostKeyChecking', false],
  ['FLEETCTL_SSH_TIMEOUT', '2.5', 'sshTimeout', seconds(2.5)],
  ['FLEETCTL_SSH_USERNAME', 'root', 'sshUsername', 'root'],
  ['FLEETCTL_IDENTITY_FILE', '/id', 'identityFile', '/id'],
  ['FLEETCTL_REQUEST_TIMEOUT', '.5', 'requestTimeout', seconds(0.5)],
  ['FLEETCTL_DEBUG', 'true', 'debug', true],
  ['FLEETCTL_EXPERIMENTAL_API', 'f', 'experimentalApi', false],
])('reads %s', (variable, text, key, value) => {
  expect(read({}, { [variable]: text }).values).toEqual({ ...read({}).values, [key]: value });
});

it('lets the name of today win over an older one', () => {
  expect(read({}, { FLEETCTL_CA_FILE: '/new', FLEETCTL_ETCD_CAFILE: '/old' }).values.caFile).toBe('/new');
  expect(read({}, { FLEETCTL_CA_FILE: '', FLEETCTL_ETCD_CAFILE: '/old' }).values.caFile).toBe('/old');
});

it('lets the command line win', () => {
  expect(read({ tunnel: 'b' }, { FLEETCTL_TUNNEL: 'a' }).values.tunnel).toBe('b');
  expect(read({ tunnel: '' }, { FLEETCTL_TUNNEL: 'a' }).values.tunnel).toBe('');
});

it('takes no notice of variables that are empty or unreadable', () => {
  const unreadable = { FLEETCTL_SSH_TIMEOUT: 'soon', FLEETCTL_REQUEST_TIMEOUT: '-1', FLEETCTL_DEBUG: 'perhaps' };
  const { values, mistakes } = read({}, { FLEETCTL_ENDPOINT: '', FLEETCTL_DRIVER: '', ...unreadable });
  expect(values).toEqual(read({}).values);
  expect(mistakes).toEqual([]);
});

it('calls what is unreadable on the command line a mistake', () => {
  expect(read({ 'ssh-timeout': 'soon', 'request-timeout': '0', debug: 'perhaps' }).mistakes).toEqual([
    '-ssh-timeout in the command line is "soon", expected a number of seconds such as 1.0',
    '-request-timeout in the command line is "0", expected more than 0 and at most 2147483',
    '-debug in the command line is "perhaps", expected true or false',
  ]);
});

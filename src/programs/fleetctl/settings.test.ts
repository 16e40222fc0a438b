import { expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { readGlobals } from './settings.ts';

const read = (flags: Record<string, string>, env: Record<string, string> = {}) =>
  readGlobals(new Map(Object.entries(flags)), env);

it('reads every global flag from its variable', () => {
  const { values } = read(
    {},
    {
      FLEETCTL_ENDPOINT: 'http://a:1',
      FLEETCTL_TUNNEL: '127.0.0.1:2222',
      FLEETCTL_SSH_USERNAME: 'root',
      FLEETCTL_SSH_TIMEOUT: '2.5',
      FLEETCTL_STRICT_HOST_KEY_CHECKING: 'false',
      FLEETCTL_IDENTITY_FILE: '/id',
      FLEETCTL_DEBUG: 'true',
      FLEETCTL_ETCD_KEY_PREFIX: '/p',
    },
  );
  expect(values).toMatchObject({
    endpoint: 'http://a:1',
    tunnel: '127.0.0.1:2222',
    sshUsername: 'root',
    sshTimeout: seconds(2.5),
    strictHostKeyChecking: false,
    identityFile: '/id',
    debug: true,
    etcdKeyPrefix: '/p',
  });
});

it('lets the command line win', () => {
  expect(read({ tunnel: 'b' }, { FLEETCTL_TUNNEL: 'a' }).values.tunnel).toBe('b');
  expect(read({ tunnel: '' }, { FLEETCTL_TUNNEL: 'a' }).values.tunnel).toBe('');
});

it('takes no notice of variables that are empty or unreadable', () => {
  const { values, mistakes } = read({}, { FLEETCTL_ENDPOINT: '', FLEETCTL_SSH_TIMEOUT: 'soon', FLEETCTL_DRIVER: '' });
  expect(values).toEqual(read({}).values);
  expect(mistakes).toEqual([]);
});

it('calls what is unreadable on the command line a mistake', () => {
  expect(read({ 'ssh-timeout': 'soon', debug: 'perhaps' }).mistakes).toEqual([
    '-ssh-timeout in the command line is "soon", expected a number of seconds such as 1.0',
    '-debug in the command line is "perhaps", expected true or false',
  ]);
});

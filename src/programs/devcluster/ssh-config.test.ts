import { describe, expect, it } from 'vitest';
import type { PresentMachine } from '../../core/topology/present.ts';
import { printSshConfig } from './ssh-config.ts';

const machine = (name: string, sshPort: number) => ({ name, sshPort }) as PresentMachine;

describe('ssh-config', () => {
  it('is what vagrant prints, one block per machine with a blank line between', () => {
    expect(printSshConfig([machine('core-01', 2222), machine('core-02', 2200)], '/home/me/key')).toBe(
      `Host core-01
  HostName 127.0.0.1
  User core
  Port 2222
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  PasswordAuthentication no
  IdentityFile /home/me/key
  IdentitiesOnly yes
  LogLevel FATAL

Host core-02
  HostName 127.0.0.1
  User core
  Port 2200
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  PasswordAuthentication no
  IdentityFile /home/me/key
  IdentitiesOnly yes
  LogLevel FATAL
`,
    );
  });

  it('quotes a key file with a space in its path', () => {
    expect(printSshConfig([machine('core-01', 2222)], '/home/my self/key')).toContain(
      '  IdentityFile "/home/my self/key"\n',
    );
  });
});

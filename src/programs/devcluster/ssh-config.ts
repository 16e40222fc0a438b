/** How ssh reaches the machines, in the format of `vagrant ssh-config`, which tutorials and scripts read. */
import type { PresentMachine } from '../../core/topology/present.ts';

/**
 * One block per machine, a blank line between blocks. Host keys are not checked, as Vagrant does not: the port is on the
 * loopback and its keys change with every cluster.
 *
 * @see coreos-node.md 9.3
 */
export const printSshConfig = (machines: readonly PresentMachine[], identityFile: string): string =>
  machines
    .map(({ name, sshPort }) =>
      [
        `Host ${name}`,
        '  HostName 127.0.0.1',
        '  User core',
        `  Port ${sshPort}`,
        '  UserKnownHostsFile /dev/null',
        '  StrictHostKeyChecking no',
        '  PasswordAuthentication no',
        `  IdentityFile ${/\s/.test(identityFile) ? `"${identityFile}"` : identityFile}`,
        '  IdentitiesOnly yes',
        '  LogLevel FATAL',
        '',
      ].join('\n'),
    )
    .join('\n');

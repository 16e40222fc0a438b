/** What goes wrong on the way to a machine over SSH. @see fleet.md 7.7 */
import { defineError } from './define.ts';

const agentHelp =
  'Verify ssh-agent is running. See https://github.com/coreos/fleet/blob/master/Documentation/using-the-client.md for help.';
const agentRemedy =
  'Start an agent and add the key (eval "$(ssh-agent)"; ssh-add KEY), or name the key with --identity-file.';

export const SshAgentMissing = defineError<Record<never, never>>({
  code: 'SSH_AGENT_MISSING',
  message: () => `SSH_AUTH_SOCK environment variable is not set. ${agentHelp}`,
  remedy: () => agentRemedy,
});

/** SSH_AUTH_SOCK names an agent that is gone, or that does not answer as one does. */
export const SshAgentUnreachable = defineError<{ socket: string; why: string }>({
  code: 'SSH_AGENT_UNREACHABLE',
  message: ({ socket, why }) => `the SSH agent at SSH_AUTH_SOCK=${socket} is out of reach: ${why}. ${agentHelp}`,
  remedy: () => agentRemedy,
});

export const SshKeyUnusable = defineError<{ file: string; why: string }>({
  code: 'SSH_KEY_UNUSABLE',
  message: ({ file, why }) => `cannot use the SSH key ${file}: ${why}`,
  remedy: ({ file }) => `Name a private key without a passphrase, or add it to an agent: ssh-add ${file}.`,
});

export const SshTimedOut = defineError<{ host: string }>({
  code: 'SSH_TIMED_OUT',
  message: () => 'timed out while initiating SSH connection',
  remedy: ({ host }) => `Check that ${host} is up and reachable, or wait longer with --ssh-timeout.`,
});

export const SshUnreachable = defineError<{ host: string; why: string }>({
  code: 'SSH_UNREACHABLE',
  message: ({ host, why }) => `cannot connect to ${host}: ${why}`,
  remedy: ({ host }) => `Check that a machine answers SSH at ${host}, and --tunnel and --ssh-port.`,
});

export const SshNotAuthenticated = defineError<{ host: string; user: string }>({
  code: 'SSH_NOT_AUTHENTICATED',
  message: ({ host, user }) => `ssh: unable to authenticate as ${user} at ${host}: no key was accepted`,
  remedy: () =>
    'Add the key of that user to the agent (ssh-add KEY) or name it with --identity-file; see also --ssh-username.',
});

export const SshChannelRefused = defineError<{ what: string; why: string }>({
  code: 'SSH_CHANNEL_REFUSED',
  message: ({ what, why }) => `ssh: cannot open ${what}: ${why}`,
  remedy: () => 'Check on that machine that it is there and that its sshd allows it.',
});

export const HostKeyMismatch = defineError<{ host: string; file: string }>({
  code: 'HOST_KEY_MISMATCH',
  message: () => 'host key mismatch',
  remedy: ({ host, file }) =>
    `If the machine was made anew, remove the lines of ${host} from ${file}; otherwise do not connect.`,
});

export const HostNotAuthorised = defineError<{ host: string; file: string }>({
  code: 'HOST_NOT_AUTHORISED',
  message: () => 'unauthorized host',
  remedy: ({ host, file }) =>
    `Answer "yes" when asked about ${host}, or put its key into ${file} first: ssh-keyscan prints it.`,
});

/** The file with the keys of machines is there and cannot be read. */
export const KnownHostsUnreadable = defineError<{ file: string; why: string }>({
  code: 'KNOWN_HOSTS_UNREADABLE',
  message: ({ file, why }) => `cannot read the known hosts in ${file}: ${why}`,
  remedy: () => 'Name a file that you may read with --known-hosts-file, or one that does not exist yet.',
});

import { expect, it } from 'vitest';
import { sshContract } from './contract.ts';
import { memorySsh } from './memory.ts';

const at = { host: '172.17.8.101', port: 22 };

sshContract('machines in memory', async () => ({
  ssh: memorySsh({
    '172.17.8.101:22': (command, { stdout, stderr }) => {
      stdout.write(command);
      stderr.write(String(command.length));
      return 3;
    },
  }),
  at,
  nowhere: { host: '172.17.8.102', port: 22 },
  socket: '/var/run/fleet.sock',
  port: { host: '127.0.0.1', port: 80 },
  [Symbol.asyncDispose]: async () => {},
}));

it('notes what was asked for, and by which way', async () => {
  const ssh = memorySsh({ '172.17.8.101:22': () => 0, '127.0.0.1:2222': () => 0 });
  const tunnel = await ssh.connect({ host: '127.0.0.1', port: 2222 });
  const machine = await ssh.connect(at, tunnel);
  await machine.run('true', { stdout: process.stdout, stderr: process.stderr }, { forwardAgent: true });
  expect(ssh.asked).toEqual(['127.0.0.1:2222 > 172.17.8.101:22 run true (agent)']);
});

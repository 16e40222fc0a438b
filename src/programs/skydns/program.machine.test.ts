/** The program as a machine has it: its exit codes, and its sockets from systemd. */
import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';

const run = (command: string, ...args: readonly string[]) => execa(command, args, { reject: false });

describe('skydns as a program', () => {
  it.each<[string[], number, string]>([
    [['-h'], 0, 'Usage of skydns:\n  -addr text\n'],
    [['-colour'], 2, 'flag provided but not defined: -colour\nUsage of skydns:\n'],
    [['-rtimeout', 'soon'], 2, 'invalid value "soon" for flag -rtimeout'],
    [['-addr', ':53'], 1, 'skydns: -addr in the command line is ":53", expected <ip>:<port>\nTry: '],
    [['-systemd', '-machines', 'http://127.0.0.1:1'], 1, 'skydns: systemd passed no sockets on'],
  ])('%j ends with %i', async (args, code, said) => {
    const { exitCode, stderr } = await run('skydns', ...args);
    expect({ exitCode, stderr: `${stderr}\n` }).toEqual({ exitCode: code, stderr: expect.stringContaining(said) });
  });

  it('tells its version', async () => {
    expect(await run('skydns', '-version')).toMatchObject({ exitCode: 0, stdout: 'skydns server version: 2.5.3a' });
  });
});

describe('started by systemd for its sockets', () => {
  const unit = (suffix: string) => `/run/systemd/system/skydns-activated.${suffix}`;
  afterAll(() => run('systemctl', 'stop', 'skydns-activated.socket', 'skydns-activated.service'));

  it('answers where systemd listens, over both transports, on sockets of either family', async () => {
    // A port alone is a socket of IPv6 that takes IPv4, too.
    const places = ['127.0.0.1:5391', '5392'].flatMap((place) => [`ListenDatagram=${place}`, `ListenStream=${place}`]);
    await writeFile(unit('socket'), ['[Socket]', ...places, ''].join('\n'));
    const start = '/usr/bin/skydns -systemd -addr 127.0.0.1:1 -nameservers 127.0.0.1:1 -machines http://127.0.0.1:1';
    await writeFile(unit('service'), `[Service]\nExecStart=${start}\n`);
    await run('systemctl', 'daemon-reload');
    expect((await run('systemctl', 'start', 'skydns-activated.socket')).exitCode).toBe(0);
    for (const port of ['5391', '5392']) {
      for (const transport of ['+notcp', '+tcp']) {
        const asked = ['-p', port, 'skydns.local', 'SOA', '+short', transport, '+time=10', '+tries=1'];
        const { stdout } = await run('dig', '@127.0.0.1', ...asked);
        expect(stdout, `${port} ${transport}`).toMatch(/^ns\.dns\.skydns\.local\. hostmaster\.skydns\.local\. /);
      }
    }
  });
});

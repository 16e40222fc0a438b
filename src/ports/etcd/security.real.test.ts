import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { EtcdCredentialsUnusable, EtcdDenied, EtcdUnreachable } from '../../core/errors/etcd.ts';
import { makeCertificates } from '../../testing/certificates.ts';
import { type EtcdServers, startEtcd } from '../../testing/etcd-server.ts';
import { realEngine, realImage } from '../../testing/real-engine.ts';
import { systemClock } from '../clock/system.ts';
import { dockerClient } from '../docker/client.ts';
import { type EtcdOptions, openEtcd } from './etcd3.ts';
import type { Etcd, Lease } from './index.ts';

const clock = systemClock();

describe('an etcd that speaks TLS and wants a certificate', () => {
  let servers: EtcdServers;
  let folder: string;
  const file = (name: string) => join(folder, name);
  beforeAll(async () => {
    servers = await startEtcd(3, { secure: true });
    folder = await mkdtemp(join(tmpdir(), 'etcd-tls-'));
    const { certificates } = servers;
    const strange = await makeCertificates(dockerClient(realEngine), realImage, ['127.0.0.1']);
    const files = {
      'ca.pem': certificates?.authority,
      'client.pem': certificates?.client.certificate,
      'client.key': certificates?.client.key,
      'strange-ca.pem': strange.authority,
      'strange.pem': strange.client.certificate,
      'strange.key': strange.client.key,
      'nonsense.pem': 'this is no certificate',
    };
    for (const [name, content] of Object.entries(files)) await writeFile(file(name), content ?? '');
  });
  afterAll(async () => {
    await servers[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const open = async (options: Partial<EtcdOptions>): Promise<Etcd> => {
    const etcd = await openEtcd({ clock, endpoints: servers.endpoints, timeout: seconds(1), ...options });
    onTestFinished(() => etcd[Symbol.asyncDispose]());
    return etcd;
  };
  const trusted = () => ({ authorityFile: file('ca.pem') });
  const known = () => ({ certificateFile: file('client.pem'), keyFile: file('client.key') });

  it('serves a client that shows one: transactions, leases, watches, and another member when one is gone', async () => {
    const etcd = await open({ ...trusted(), ...known() });
    await using lease: Lease = await etcd.keepLease(seconds(2));
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const events = etcd.watch(['/tls/'], stop.signal)[Symbol.asyncIterator]();
    await events.next();
    await etcd.transact({ ops: [{ put: '/tls/a', value: '1', lease: lease.id }] });
    expect((await events.next()).value).toMatchObject({ kind: 'changes' });
    await servers.members[0]?.kill();
    await etcd.transact({ ops: [{ put: '/tls/b', value: '1' }] });
    const seen = (await events.next()).value;
    expect([...seen.changes.keys()]).toEqual(['/tls/b']);
    await servers.members[0]?.start();
    await clock.sleep(seconds(3));
    expect(lease.lost.aborted).toBe(false);
  });

  it.each<[string, () => Partial<EtcdOptions>]>([
    ['shows none', trusted],
    [
      'shows one of another authority',
      () => ({ ...trusted(), certificateFile: file('strange.pem'), keyFile: file('strange.key') }),
    ],
    ['trusts another authority', () => ({ ...known(), authorityFile: file('strange-ca.pem') })],
    ['names no authority, and so trusts only those that Node knows', known],
  ])('does not serve a client that %s, which says so', async (_what, options) => {
    const etcd = await open(options());
    const failure = await etcd.transact({ ops: [{ get: '/a' }] }).catch((error) => error);
    expect(failure).toBeInstanceOf(EtcdUnreachable);
    expect(failure.cause.message).toMatch(/certificate|alert|ECONNRESET|closed|dropped/i);
  });

  it('does not serve a client that does not speak TLS', async () => {
    const endpoints = servers.endpoints.map((one) => one.replace('https:', 'http:'));
    const etcd = await open({ endpoints, timeout: ms(300) });
    await expect(etcd.transact({ ops: [{ get: '/a' }] })).rejects.toThrow(EtcdUnreachable);
  });

  it('takes a name and a password besides', async () => {
    await servers.etcdctl('user', 'add', 'root:secret');
    await servers.etcdctl('user', 'grant-role', 'root', 'root');
    await servers.etcdctl('user', 'add', 'reader:secret');
    await servers.etcdctl('role', 'add', 'reader');
    await servers.etcdctl('role', 'grant-permission', 'reader', 'read', '/public/', '--prefix');
    await servers.etcdctl('user', 'grant-role', 'reader', 'reader');
    await servers.etcdctl('auth', 'enable');
    const certificates = { ...trusted(), ...known() };
    const root = await open({ ...certificates, username: 'root', password: 'secret' });
    await root.transact({ ops: [{ put: '/public/a', value: '1' }] });
    const reader = await open({ ...certificates, username: 'reader', password: 'secret' });
    const { results } = await reader.transact({ ops: [{ get: '/public/a' }] });
    expect(results[0]?.found[0]?.value).toBe('1');
    await expect(reader.transact({ ops: [{ put: '/public/a', value: '2' }] })).rejects.toThrow(EtcdDenied);
    await expect(reader.transact({ ops: [{ get: '/private' }] })).rejects.toThrow(EtcdDenied);
    const wrong = await open({ ...certificates, username: 'root', password: 'guess' });
    await expect(wrong.transact({ ops: [{ get: '/a' }] })).rejects.toThrow(EtcdDenied);
  });

  it.each([
    ['authorityFile', 'missing.pem', 'ENOENT'],
    ['certificateFile', 'missing.pem', 'ENOENT'],
    ['authorityFile', 'nonsense.pem', 'PEM'],
    ['certificateFile', 'nonsense.pem', 'PEM'],
  ] as const)('is not even asked when the %s is %s', async (option, name, why) => {
    const options = { ...trusted(), ...known(), [option]: file(name) };
    const failure = await open(options).catch((error) => error);
    expect(failure).toBeInstanceOf(EtcdCredentialsUnusable);
    expect(failure.message).toContain(file(name));
    expect(failure.message).toContain(why);
  });

  it('is not even asked when a certificate comes without its key', async () => {
    const failure = await open({ ...trusted(), certificateFile: file('client.pem') }).catch((error) => error);
    expect(failure).toBeInstanceOf(EtcdCredentialsUnusable);
    expect(failure.remedy).toContain('key');
  });
});

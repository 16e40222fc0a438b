import { once } from 'node:events';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { ms } from '../../core/base/time.ts';
import { EtcdUnreachable } from '../../core/errors/etcd.ts';
import { systemClock } from '../clock/system.ts';
import { openEtcd } from './etcd3.ts';

async function unreachableAt(answer: (stream: ServerHttp2Stream) => void): Promise<void> {
  const server = createServer();
  server.on('stream', answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const etcd = await openEtcd({ clock: systemClock(), endpoints: [endpoint], timeout: ms(100) });
  await expect(etcd.transact({ ops: [{ get: 'a' }] })).rejects.toBeInstanceOf(EtcdUnreachable);
  await etcd[Symbol.asyncDispose]();
  server.close();
}

it.each([400, 404, 500, 503])('is not taken in by another server that answers with %i', (status) =>
  unreachableAt((stream) => {
    stream.respond({ ':status': status });
    stream.end('no etcd');
  }),
);

it('takes a member that has no vote yet for one that is not there', () =>
  unreachableAt((stream) => {
    const refusal = { 'grpc-status': '9', 'grpc-message': 'etcdserver: rpc not supported for learner' };
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...refusal }, { endStream: true });
  }));

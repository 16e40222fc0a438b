import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { ms } from '../../core/base/time.ts';
import { EtcdUnreachable } from '../../core/errors/etcd.ts';
import { systemClock } from '../clock/system.ts';
import { openEtcd } from './etcd3.ts';

it.each([400, 404, 500, 503])('is not taken in by another server that answers with %i', async (status) => {
  const server = createServer((_request, response) => response.writeHead(status).end('no etcd'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const etcd = await openEtcd({ clock: systemClock(), endpoints: [endpoint], timeout: ms(100) });
  await expect(etcd.transact({ ops: [{ get: 'a' }] })).rejects.toBeInstanceOf(EtcdUnreachable);
  await etcd[Symbol.asyncDispose]();
  server.close();
});

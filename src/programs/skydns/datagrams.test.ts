import { createSocket } from 'node:dgram';
import { afterEach, expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { ManualClock, settled } from '../../ports/clock/manual.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import { listenForDatagrams } from './datagrams.ts';

const stop = new AbortController();
afterEach(() => stop.abort());

/** A client at one address, deaf to replies from any other: what a resolver is. */
async function aClient(address: string, port: number) {
  const socket = createSocket('udp4');
  const replies: string[] = [];
  socket.on('message', (bytes) => replies.push(bytes.toString()));
  stop.signal.addEventListener('abort', () => socket.close());
  await new Promise<void>((resolve) => socket.connect(port, address, resolve));
  return { replies, ask: () => socket.send('question') };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settled();
}

// Every address of 127.0.0.0/8 is the machine's own on Linux alone.
it.runIf(process.platform === 'linux')(
  'replies from the address that was asked, also when that came later',
  async () => {
    const clock = new ManualClock();
    const present = ['127.0.0.1', '127.0.0.2'];
    let heard = 0;
    const respond = () => {
      heard++;
      return Buffer.from('answer');
    };
    const parts = { respond, clock, log: memoryLog(), addresses: () => present };
    const port = await listenForDatagrams('0.0.0.0:0', parts, stop.signal);
    const [first, second, third] = await Promise.all(
      ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((address) => aClient(address, port)),
    );
    for (const client of [first, second]) {
      client?.ask();
      await until(() => client?.replies.length === 1);
    }
    third?.ask();
    await until(() => heard === 3);

    present.push('127.0.0.3');
    await clock.advance(seconds(2));
    // Sent once more from a socket of its own: by now the earlier reply, from another address, would have come.
    while (third?.replies.length === 0) {
      third.ask();
      await settled();
    }
    expect(third?.replies.length).toBeLessThan(heard - 2);
  },
);

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { seconds } from '../../../core/base/time.ts';
import { framed, frames } from '../../../core/dns/framing.ts';
import { ManualClock } from '../../../ports/clock/manual.ts';
import { Relay, serveNames } from './relay.ts';

const header = (number: number, additional = 0) => {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(number, 0);
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(additional, 10);
  return bytes;
};
const question = (number: number, text: string, additional = 0) =>
  Buffer.concat([
    header(number, additional),
    Buffer.from([text.length]),
    Buffer.from(text),
    Buffer.from([0, 0, 1, 0, 1]),
  ]);

/** A name server at the other end of a stream: what it answers to each question, and when. */
const server = (answer: (question: Buffer, reply: (bytes: Buffer) => void, door: Duplex) => void): Duplex => {
  const door: Duplex = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      read(chunk);
      done();
    },
  });
  const read = frames((asked) => answer(Buffer.from(asked), (bytes) => void door.push(framed(bytes)), door));
  return door;
};
const echo = () => server((asked, reply) => reply(asked));

let stop = new AbortController();
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

describe('a relay of names', () => {
  it('gives every answer back under the number of its question, in whatever order they come', async () => {
    const held: (() => void)[] = [];
    const door = server((asked, reply) => {
      held.push(() => reply(asked));
      if (held.length === 3) for (const answer of held.reverse()) answer();
    });
    const relay = new Relay({ clock: new ManualClock(), dial: async () => door });
    const asked = [question(7, 'a'), question(7, 'b'), question(9, 'c')];
    expect(await Promise.all(asked.map((one) => relay.ask(one)))).toEqual(asked);
  });

  it('opens another stream when one has ended', async () => {
    let dialled = 0;
    const dial = async () => {
      dialled += 1;
      return dialled === 1 ? server((_asked, _reply, door) => door.destroy()) : echo();
    };
    const relay = new Relay({ clock: new ManualClock(), dial });
    expect(await relay.ask(question(1, 'a'))).toBeUndefined();
    expect(await relay.ask(question(1, 'a'))).toEqual(question(1, 'a'));
    expect(dialled).toBe(2);
  });

  it('gives up a question that nobody answers, and one that cannot be sent', async () => {
    const clock = new ManualClock();
    const silent = new Relay({ clock, dial: async () => server(() => {}) });
    const waiting = silent.ask(question(1, 'a'));
    await clock.advance(seconds(5));
    expect(await waiting).toBeUndefined();
    const nowhere = new Relay({ clock, dial: () => Promise.reject(new Error('nobody there')) });
    expect(await nowhere.ask(question(1, 'a'))).toBeUndefined();
    expect(await silent.ask(Buffer.from('short'))).toBeUndefined();
  });

  it('serves UDP and TCP on one port', async () => {
    const relay = new Relay({ clock: new ManualClock(), dial: async () => echo() });
    const port = await serveNames(relay, '127.0.0.1', 0, stop.signal);
    const client = createSocket('udp4');
    client.send(question(3, 'over-udp'), port, '127.0.0.1');
    const [datagram] = await once(client, 'message');
    expect(datagram).toEqual(question(3, 'over-udp'));
    client.close();
    const stream = connect(port, '127.0.0.1');
    stream.write(framed(question(4, 'over-tcp')));
    const [bytes] = await once(stream, 'data');
    expect(bytes).toEqual(framed(question(4, 'over-tcp')));
    stream.destroy();
  });

  it('cuts an answer that is too long for a datagram, and says so', async () => {
    const long = server((asked, reply) => reply(Buffer.concat([asked, Buffer.alloc(600)])));
    const relay = new Relay({ clock: new ManualClock(), dial: async () => long });
    const port = await serveNames(relay, '127.0.0.1', 0, stop.signal);
    const client = createSocket('udp4');
    client.send(question(3, 'long'), port, '127.0.0.1');
    const [cut] = (await once(client, 'message')) as [Buffer];
    expect(cut.length).toBe(question(3, 'long').length);
    expect(cut.readUInt16BE(2) & 0x0200).toBe(0x0200);
    client.send(question(4, 'long', 1), port, '127.0.0.1');
    const [whole] = (await once(client, 'message')) as [Buffer];
    expect(whole.length).toBe(question(4, 'long').length + 600);
    client.close();
  });
});

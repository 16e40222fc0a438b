import { describe, expect, it } from 'vitest';
import { hostProcesses } from './execa.ts';

describe('a program of this host', () => {
  it('is run with its arguments and environment, and tells its lines while it works', async () => {
    const said: string[] = [];
    const ended = await hostProcesses.run({
      command: 'sh',
      args: ['-c', 'echo "$1 $WHAT"; echo oops >&2; exit 3', 'sh', 'some'],
      environment: { WHAT: 'thing' },
      said: (line) => void said.push(line),
    });
    expect(ended).toEqual({ code: 3, out: 'some thing', err: 'oops' });
    expect(said.toSorted()).toEqual(['oops', 'some thing']);
  });

  it('that does not exist ends with 127, as in a shell', async () => {
    expect(await hostProcesses.run({ command: 'devcluster-no-such-program', args: [] })).toMatchObject({ code: 127 });
  });

  it('ends when it is told to stop', async () => {
    const stop = new AbortController();
    const running = hostProcesses.run({ command: 'sleep', args: ['600'], stop: stop.signal });
    stop.abort();
    expect((await running).code).toBe(143);
  });
});

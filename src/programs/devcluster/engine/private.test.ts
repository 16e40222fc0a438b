import { beforeEach, describe, expect, it } from 'vitest';
import { EngineNotStopped, EngineStartFailed } from '../../../core/errors/host-engine.ts';
import { MemoryEngineHost } from '../../../ports/host-engine/memory.ts';
import { privateEngine, privatePid, startPrivateEngine, stopPrivateEngine } from './private.ts';

let host: MemoryEngineHost;
beforeEach(() => {
  host = new MemoryEngineHost();
});

const runs = (pid: number) => {
  host.files.set(privateEngine.pidFile, `${pid}\n`);
  host.running.add(pid);
};
const answers = () => host.knocks.set(privateEngine.host, { kind: 'answers' });

describe('starting the private engine', () => {
  it('keeps away from every other engine, and from subnets that clusters want', async () => {
    host.onStart = () => void answers();
    await startPrivateEngine(host);
    const [daemon] = host.started;
    expect(daemon?.command).toBe('dockerd');
    expect(daemon?.args).toContain('--bridge=none');
    for (const path of [privateEngine.socket, privateEngine.pidFile, privateEngine.execRoot, privateEngine.dataRoot]) {
      expect(
        daemon?.args.some((argument) => argument.endsWith(path)),
        path,
      ).toBe(true);
    }
  });

  it('waits for the engine of somebody who was faster', async () => {
    host.onStart = () => {
      runs(7);
      return 'it ended with 1';
    };
    const sleep = host.sleep.bind(host);
    host.sleep = async (duration) => {
      await sleep(duration);
      if (host.slept > 500) answers();
    };
    await startPrivateEngine(host);
    expect(host.slept).toBeGreaterThan(500);
  });

  it('ends at once, with the end of the log, when the daemon does', async () => {
    host.onStart = () => 'it ended with 1';
    host.files.set(privateEngine.log, 'first\nfailed to start daemon: no iptables\n');
    const starting = startPrivateEngine(host);
    await expect(starting).rejects.toBeInstanceOf(EngineStartFailed);
    await expect(starting).rejects.toThrow(/it ended with 1\n.*first\n.*no iptables/);
    expect(host.slept).toBeLessThan(1_000);
  });

  it('gives up on a daemon that never answers', async () => {
    await expect(startPrivateEngine(host)).rejects.toThrow(/does not answer after 60 s/);
  });
});

describe('the process of the private engine', () => {
  it('is the one in its pid file, as long as it runs', async () => {
    expect(await privatePid(host)).toBeUndefined();
    runs(7);
    expect(await privatePid(host)).toBe(7);
    host.running.delete(7);
    expect(await privatePid(host)).toBeUndefined();
  });

  it('is asked to end, and waited for', async () => {
    runs(7);
    const asked: number[] = [];
    host.onTerminate = (pid) => void asked.push(pid);
    const sleep = host.sleep.bind(host);
    host.sleep = async (duration) => {
      await sleep(duration);
      if (host.slept >= 2_000) host.running.delete(7);
    };
    expect(await stopPrivateEngine(host)).toBe(true);
    expect(asked).toEqual([7]);
  });

  it('that does not end is named', async () => {
    runs(7);
    host.onTerminate = () => {};
    await expect(stopPrivateEngine(host)).rejects.toBeInstanceOf(EngineNotStopped);
  });

  it('need not be there to be stopped', async () => {
    expect(await stopPrivateEngine(host)).toBe(false);
  });
});

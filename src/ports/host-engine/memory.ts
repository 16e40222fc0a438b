/** A host as a test describes it: files, programs, and engines that answer at addresses. */
import type { Millis } from '../../core/base/time.ts';
import type { Daemon, EngineHost, Knock, StartedDaemon } from './index.ts';

export class MemoryEngineHost implements EngineHost {
  platform = 'linux';
  isRoot = false;
  architecture = 'x64';
  readonly files = new Map<string, string>();
  readonly knocks = new Map<string, Knock>();
  /** Free bytes by path. */
  readonly free = new Map<string, number>();
  readonly programs = new Set<string>();
  readonly running = new Set<number>();
  readonly started: Daemon[] = [];
  /** Every address that was tried, in order. */
  readonly tried: string[] = [];
  /** What a started daemon does; it may put an engine at an address, or return why it ended. */
  onStart: (daemon: Daemon) => string | undefined = () => undefined;
  /** What a process does that is asked to end. */
  onTerminate: (pid: number) => void = (pid) => void this.running.delete(pid);
  slept = 0;

  async readText(path: string): Promise<string | undefined> {
    return this.files.get(path);
  }

  async freeBytes(path: string): Promise<number | undefined> {
    return this.free.get(path);
  }

  async knock(host: string): Promise<Knock> {
    this.tried.push(host);
    return this.knocks.get(host) ?? { kind: 'absent' };
  }

  async hasProgram(name: string): Promise<boolean> {
    return this.programs.has(name);
  }

  async startDaemon(daemon: Daemon): Promise<StartedDaemon> {
    this.started.push(daemon);
    const reason = this.onStart(daemon);
    return { ended: reason === undefined ? new Promise(() => {}) : Promise.resolve(reason) };
  }

  async isRunning(pid: number): Promise<boolean> {
    return this.running.has(pid);
  }

  terminate(pid: number): void {
    this.onTerminate(pid);
  }

  async sleep(duration: Millis): Promise<void> {
    this.slept += duration;
  }
}

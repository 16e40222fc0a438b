/** Programs as a test tells them: every run is remembered, and answered by `onRun`. */
import type { Ended, Processes, Run } from './index.ts';

export class MemoryProcesses implements Processes {
  /** Command lines in order. */
  readonly runs: string[] = [];
  onRun: (run: Run) => Partial<Ended> | Promise<Partial<Ended>> = () => ({});

  async run(run: Run): Promise<Ended> {
    this.runs.push([run.command, ...run.args].join(' '));
    const ended: Ended = { code: 0, out: '', err: '', ...(await this.onRun(run)) };
    for (const line of `${ended.out}\n${ended.err}`.split('\n')) if (line !== '') run.said?.(line);
    return ended;
  }
}

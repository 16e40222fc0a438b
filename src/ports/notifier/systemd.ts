/** Tells systemd, by its own tool: Node cannot write to a datagram socket of the file system. */
import type { Notifier } from './index.ts';

/** Runs the tool. @returns what went wrong, if anything did */
export type Tool = (args: readonly string[]) => Promise<string | undefined>;

/**
 * @param socket `NOTIFY_SOCKET`, as systemd passed it on; undefined when it does not want to be told
 * @param failed told why a fact did not arrive
 */
export function systemdNotifier(
  socket: string | undefined,
  failed: (why: string) => void = () => {},
  tool: Tool = systemdNotify,
): Notifier {
  let last = Promise.resolve();
  const tellNow = async (facts: readonly string[]) => {
    const why = await tool(facts.map((fact) => fact.replaceAll('\n', ' ')));
    if (why !== undefined) failed(why);
  };
  return {
    tell(...facts) {
      if (socket === undefined) return Promise.resolve();
      last = last.then(() => tellNow(facts));
      return last;
    },
  };
}

const systemdNotify: Tool = async (args) => {
  // Loaded with the first word: most programs of the package never say one.
  const { execFile } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve) => {
    execFile('systemd-notify', args, (cause, _out, err) => resolve(cause ? err.trim() || cause.message : undefined));
  });
};

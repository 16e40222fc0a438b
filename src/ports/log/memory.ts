/** Keeps events for a test to read. */
import type { Facts, Log } from './index.ts';

export interface LogEvent {
  readonly level: keyof Log;
  readonly event: string;
  readonly facts: Facts;
}

export interface MemoryLog extends Log {
  readonly events: readonly LogEvent[];
}

export function memoryLog(): MemoryLog {
  const events: LogEvent[] = [];
  const at =
    (level: keyof Log) =>
    (event: string, facts: Facts = {}) =>
      void events.push({ level, event, facts });
  return { events, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A machine's running containers, as an observer sees them: what registrator needs, and no more. */
import type { ContainerFacts } from '../../core/records/container.ts';

export type { Binding, ContainerFacts } from '../../core/records/container.ts';

export interface ContainerEvent {
  readonly kind: 'start' | 'die';
  readonly id: string;
  /** Present on `die`. */
  readonly exitCode?: number;
}

export interface Containers {
  /** Ids of the running containers. @throws {ContainersUnreachable} */
  list(): Promise<readonly string[]>;
  /**
   * @param id an id or a name
   * @returns undefined when there is no such container (any more)
   * @throws {ContainersUnreachable}
   */
  inspect(id: string): Promise<ContainerFacts | undefined>;
  /**
   * Start and die events, in order, buffered from the moment this resolves. The iteration ends when the engine closes
   * the stream or `stop` aborts, and throws when the connection breaks off; either way something may have been missed.
   *
   * @throws {ContainersUnreachable}
   */
  events(stop: AbortSignal): Promise<AsyncIterable<ContainerEvent>>;
}

/** A machine's containers in this process: started, killed and renamed by whoever holds the twin. */
import { ContainersUnreachable } from '../../core/errors/dns.ts';
import type { ContainerEvent, ContainerFacts, Containers } from './index.ts';

export interface MemoryContainers extends Containers {
  /** Creates and starts a container; what is left out is as of a container that offers nothing. @returns its id */
  start(facts?: Partial<ContainerFacts>): string;
  /** Ends a container, which stays inspectable. */
  die(id: string, exitCode?: number): void;
  /** Removes all trace of a container, killing it first when it runs. */
  remove(id: string): void;
  /** The engine goes away, and its containers with it; event streams end and everything else throws. */
  close(): void;
  /** The streams of events break off; the engine is well. */
  breakOff(): void;
  /** The engine is back, with no container running. */
  open(): void;
}

interface Listener {
  readonly waiting: ContainerEvent[];
  wake: () => void;
  isOpen: boolean;
  isBroken: boolean;
}

export function memoryContainers(): MemoryContainers {
  const containers = new Map<string, ContainerFacts>();
  const listeners = new Set<Listener>();
  let isOpen = true;
  let made = 0;

  const reached = (doing: string) => {
    if (!isOpen) throw new ContainersUnreachable({ host: 'memory', doing });
  };
  const tell = (event: ContainerEvent) => {
    for (const listener of listeners) {
      listener.waiting.push(event);
      listener.wake();
    }
  };
  const end = (listener: Listener) => {
    listener.isOpen = false;
    listener.wake();
    listeners.delete(listener);
  };

  return {
    async list() {
      reached('listing containers');
      return [...containers.values()].filter(({ running }) => running).map(({ id }) => id);
    },

    async inspect(id) {
      reached('inspecting a container');
      return [...containers.values()].find((container) => container.id === id || container.name === id);
    },

    async events(stop) {
      reached('following events');
      const listener: Listener = { waiting: [], wake: () => {}, isOpen: true, isBroken: false };
      listeners.add(listener);
      stop.addEventListener('abort', () => end(listener), { once: true });
      return drained(listener);
    },

    start(facts = {}) {
      const number = String(++made);
      const container = { ...blank, id: number.padStart(64, '0'), name: `container-${number}`, ...facts };
      containers.set(container.id, container);
      tell({ kind: 'start', id: container.id });
      return container.id;
    },

    die(id, exitCode = 0) {
      const container = containers.get(id);
      if (container === undefined || !container.running) return;
      containers.set(id, { ...container, running: false, exitCode });
      tell({ kind: 'die', id, exitCode });
    },

    remove(id) {
      this.die(id, 137);
      containers.delete(id);
    },

    close() {
      isOpen = false;
      for (const id of containers.keys()) this.die(id, 137);
      for (const listener of [...listeners]) end(listener);
    },

    breakOff() {
      for (const listener of [...listeners]) {
        listener.isBroken = true;
        end(listener);
      }
    },

    open() {
      isOpen = true;
    },
  };
}

async function* drained(listener: Listener): AsyncGenerator<ContainerEvent, void, void> {
  for (;;) {
    const event = listener.waiting.shift();
    if (event !== undefined) yield event;
    else if (listener.isBroken) throw new ContainersUnreachable({ host: 'memory', doing: 'following events' });
    else if (!listener.isOpen) return;
    else {
      await new Promise<void>((resolve) => {
        listener.wake = resolve;
      });
    }
  }
}

const blank: ContainerFacts = {
  id: '',
  name: '',
  image: 'busybox',
  hostname: '',
  environment: [],
  labels: {},
  networkMode: 'default',
  exposed: [],
  published: {},
  bridgeAddress: '',
  networks: {},
  running: true,
  exitCode: 0,
};

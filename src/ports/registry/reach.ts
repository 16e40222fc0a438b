/** Puts trouble with etcd into the words of the registry. */
import type { OperatingError } from '../../core/errors/define.ts';
import { EtcdDenied, EtcdUnreachable } from '../../core/errors/etcd.ts';
import { RegistryUnreachable } from '../../core/errors/registry.ts';

/** @param doing what was tried, for the message */
export async function reached<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof EtcdUnreachable || cause instanceof EtcdDenied) throw unreachable(doing, cause);
    throw cause;
  }
}

const unreachable = (doing: string, cause: OperatingError) => new RegistryUnreachable({ doing }, { cause });

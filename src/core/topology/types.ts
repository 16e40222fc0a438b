/** The shapes of a cluster: what a person wants, where each machine stands, what a container is made from. */
import type { MachineId } from '../machine/types.ts';
import type { TargetState } from '../unit/types.ts';

declare const brand: unique symbol;

/** Lower-case letters, digits and dashes, short enough for host names and container names; made by `clusterName`. */
export type ClusterName = string & { readonly [brand]: 'ClusterName' };

/** The version of the tool, as it stands in labels. */
export const toolVersion = '0.1.0';

/** A unit file to submit once the cluster runs. */
export interface WantedUnit {
  /** As written, relative to the cluster file; after `resolveCluster` an absolute path. May be a glob before that. */
  readonly path: string;
  readonly target: TargetState;
}

/** An image that units use by name. */
export interface WantedImage {
  /** As units name it: `redis:2.8`. */
  readonly reference: string;
  /** The folder with its Dockerfile, for when no engine and no registry has it. */
  readonly build?: string;
}

/** A folder of this host that every machine sees. */
export interface SharedFolder {
  readonly from: string;
  /** Absolute, on the machines. */
  readonly to: string;
}

/** One machine as wanted; its name and all else follow from its index. */
export interface MachineSpec {
  /** Counted from 1. */
  readonly index: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A whole cluster as wanted: the normalised form of a cluster file, of flags, or of the labels of a present cluster. */
export interface ClusterSpec {
  readonly name: ClusterName;
  /** In the order of their indices. */
  readonly machines: readonly MachineSpec[];
  /** Below which service names live, without dots at the ends: `cluster.test`. */
  readonly domain: string;
  /** A /24 such as `172.17.8.0/24`; absent when the tool is to choose. */
  readonly subnet?: string;
  readonly units: readonly WantedUnit[];
  readonly images: readonly WantedImage[];
  readonly folders: readonly SharedFolder[];
}

/** One machine with everything that follows from its place in a cluster. */
export interface Node {
  readonly index: number;
  /** `core-01`: its host name, its name in the cluster's network and in commands. */
  readonly name: string;
  /** `lab-core-01`. */
  readonly container: string;
  /** Of the cluster's subnet: .101 for the first. */
  readonly address: string;
  /** Content of /etc/machine-id; the same whenever this machine of this cluster is made again. */
  readonly id: MachineId;
  /** Where 127.0.0.1 of the host leads to the machine's sshd. */
  readonly sshPort: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What the machines of one cluster share, once it has a place. */
export interface PlacedCluster {
  readonly name: ClusterName;
  /** Made once per creation of the cluster, so that old data cannot join a new cluster of the same name. */
  readonly token: string;
  readonly domain: string;
  readonly subnet: string;
  /** The name of the Docker network. */
  readonly network: string;
  readonly folders: readonly SharedFolder[];
  /** Every machine that is, or is about to be, part of the cluster. */
  readonly nodes: readonly Node[];
}

/** The keys of a cluster; private keys in OpenSSH's text format, public ones as one line without a comment. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** How a machine's etcd begins; an etcd that has data already ignores it. */
export interface EtcdStart {
  /** Founds the cluster together with the others, or joins one that runs and was told about it. */
  readonly state: 'new' | 'existing';
  /** Every member, itself included. */
  readonly members: readonly { readonly name: string; readonly address: string }[];
}

/** All that is put into a machine before it starts. */
export interface MachineSeed {
  readonly cluster: PlacedCluster;
  readonly node: Node;
  /** User core's, the same on every machine: whoever has it may enter, and machines enter each other with it. */
  readonly key: KeyPair;
  /** The machine's own: its sshd shows it. */
  readonly hostKey: KeyPair;
  readonly etcd: EtcdStart;
}

export type Mount =
  | { readonly kind: 'tmpfs'; readonly target: string; readonly options?: string }
  | { readonly kind: 'volume'; readonly name: string; readonly target: string; readonly readOnly?: boolean }
  | { readonly kind: 'bind'; readonly source: string; readonly target: string; readonly readOnly?: boolean };

/** Everything that a container is created from; the adapter translates it for the engine and adds nothing. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly hostname?: string;
  /** In the place of the image's own; `command` follows it. */
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly network?: { readonly name: string; readonly address?: string; readonly aliases: readonly string[] };
  /** TCP ports, published on one address of the host. */
  readonly publish: readonly { readonly address: string; readonly hostPort: number; readonly port: number }[];
  readonly mounts: readonly Mount[];
  readonly capabilities: readonly string[];
  /** Without seccomp and AppArmor profiles, and without masked or read-only paths: systemd and a nested engine need it. */
  readonly unconfined: boolean;
  readonly privateCgroupNamespace: boolean;
  readonly tty: boolean;
  readonly stopSignal?: string;
  readonly sysctls?: Readonly<Record<string, string>>;
  /** How often the engine starts the container again after a failing exit; absent: never. */
  readonly restartsOnFailure?: number;
}

/** A file put into a container between its creation and its start; missing folders are made, owned by root. */
export interface SeedFile {
  /** Absolute. */
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  /** Root when absent. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

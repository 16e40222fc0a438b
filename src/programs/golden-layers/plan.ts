/** Which layers of a golden volume a machine's Docker engine gets, as a value: no file is touched here. */

/** One layer of an engine that uses the overlay2 driver. */
export interface Layer {
  /** Hash of its content and of all below it, in hex: the same in every engine. */
  readonly chain: string;
  /** The chain it stands on; absent at the bottom. */
  readonly parent?: string;
  /** Its folder below `overlay2`; another one in every engine. */
  readonly folder: string;
}

/** A layer of the machine's engine whose content is the golden volume's. */
export interface Share {
  /** Its folder in the golden volume. */
  readonly from: string;
  /** Its folder in the machine. */
  readonly to: string;
}

export interface Situation {
  readonly golden: readonly Layer[];
  readonly present: readonly Layer[];
  /** Folders of present layers that hold nothing of their own, since their content was shared at an earlier boot. */
  readonly shared: ReadonlySet<string>;
  /** Whether the volume's images were added before; if so, what is missing now was removed on purpose. */
  readonly installed: boolean;
}

export interface Plan {
  /** Layers to make known to the engine, each after the one it stands on. */
  readonly add: readonly Layer[];
  /** Everything to mount, added layers included. */
  readonly share: readonly Share[];
  /** Layers to take from the engine, because their content, or that of a layer below, was in a volume that is gone. */
  readonly forget: readonly Layer[];
}

/** Decides what happens to a machine's layers before its engine starts; deciding again afterwards adds nothing. */
export function planLayers({ golden, present, shared, installed }: Situation): Plan {
  const source = new Map(golden.map((layer) => [layer.chain, layer]));
  const forget = standingOnLost(present, (layer) => shared.has(layer.folder) && !source.has(layer.chain));
  const lost = new Set(forget.map(({ chain }) => chain));
  const kept = new Set(present.filter(({ chain }) => !lost.has(chain)).map(({ chain }) => chain));
  const add = installed ? [] : parentsFirst(golden).filter(({ chain }) => !kept.has(chain));

  const share = [
    ...present.flatMap(({ chain, folder }) => {
      const from = shared.has(folder) ? source.get(chain) : undefined;
      return from === undefined || lost.has(chain) ? [] : [{ from: from.folder, to: folder }];
    }),
    ...add.map(({ folder }) => ({ from: folder, to: folder })),
  ];
  return { add, share, forget };
}

function standingOnLost(layers: readonly Layer[], isLost: (layer: Layer) => boolean): Layer[] {
  const lost = new Set<string>();
  return parentsFirst(layers).filter((layer) => {
    if (!isLost(layer) && !(layer.parent !== undefined && lost.has(layer.parent))) return false;
    lost.add(layer.chain);
    return true;
  });
}

function parentsFirst(layers: readonly Layer[]): Layer[] {
  const byChain = new Map(layers.map((layer) => [layer.chain, layer]));
  const ordered = new Map<string, Layer>();
  const place = (layer: Layer): void => {
    if (ordered.has(layer.chain)) return;
    const parent = layer.parent === undefined ? undefined : byChain.get(layer.parent);
    if (parent !== undefined) place(parent);
    ordered.set(layer.chain, layer);
  };
  for (const layer of layers) place(layer);
  return [...ordered.values()];
}

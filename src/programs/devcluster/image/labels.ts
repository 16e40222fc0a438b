/** The labels of our own images, by which they are listed and told apart. */

/** Which of our images it is: `debian`, `base` or `node`. */
export const ownImage = 'devcluster.node-image';

/** On the image of machines: the hash of its slow layer, and so of the engine in it. */
export const baseHash = 'devcluster.base';

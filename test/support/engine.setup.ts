/**
 * Before the real tests: an engine and the machine image, found or provided by the product itself, as for any user.
 * Tests then reach the engine by DOCKER_HOST, like any other client.
 */
import { devcluster, well } from './devcluster.ts';

export default async function setup(): Promise<void> {
  const image = JSON.parse(await well(devcluster(['image', 'build', '--yes', '-o', 'json']))) as {
    readonly reference: string;
  };
  const engine = JSON.parse(await well(devcluster(['engine', 'status', '-o', 'json']))) as { readonly host: string };
  process.env['DOCKER_HOST'] = engine.host;
  process.env['DEVCLUSTER_NODE_IMAGE'] = image.reference;
}

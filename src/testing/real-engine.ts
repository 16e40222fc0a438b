/** The engine and the machine image that real tests use, as their set-up found or provided them. */

const required = (variable: string): string => {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set; run the real tests as a project: npm run test:real`);
  return value;
};

/** A DOCKER_HOST value. */
export const realEngine = required('DOCKER_HOST');

/** An image with systemd, etcd, Node and a shell; its entrypoint becomes systemd. */
export const realImage = required('DEVCLUSTER_NODE_IMAGE');

/** The bare script as a program: `bare.mjs <engine> <image>`. */
import { bareScript } from './up.ts';

const [host = '', image = ''] = process.argv.slice(2);
await bareScript(host, image);
process.exit();

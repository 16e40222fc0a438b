import { engineContract } from './contract.ts';
import { MemoryDockerEngine } from './memory.ts';

engineContract('the engine in memory', async () => {
  const engine = new MemoryDockerEngine();
  engine.onExec = (_container, command, stdin) =>
    command[0] === 'cat' ? { stdout: stdin } : { stdout: 'out\n', stderr: 'err\n', exitCode: 3 };
  return { engine, image: 'any' };
});

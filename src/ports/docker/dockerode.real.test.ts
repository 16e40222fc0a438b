import { realEngine, realImage } from '../../testing/real-engine.ts';
import { systemClock } from '../clock/system.ts';
import { dockerClient } from './client.ts';
import { engineContract } from './contract.ts';
import { DockerodeEngine } from './dockerode.ts';

engineContract('a real engine', async () => ({
  engine: new DockerodeEngine(dockerClient(realEngine), realEngine, systemClock()),
  image: realImage,
}));

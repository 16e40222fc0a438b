import { imagesContract } from './images-contract.ts';
import { MemoryImages } from './images-memory.ts';

imagesContract('the twin', () => {
  const images = new MemoryImages();
  images.onBuild = (spec) => {
    const lines = ['Step 1/2 : FROM scratch', `Step 2/2 : COPY ${spec.arguments['FILE']} /file`];
    return spec.arguments['FILE'] === 'missing' ? { lines, reason: 'COPY failed: no such file' } : { lines };
  };
  return images;
});

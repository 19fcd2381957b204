export { type Augment, compose, randomFlip, randomShift } from './augment/basic.js';
export {
  balancedIndices, countLabels, imageAt, type ImageDataset, subset, validateDataset,
} from './datasets/dataset.js';
export { FASHION_MNIST_CLASSES, FASHION_MNIST_FILES, loadFashionMnist } from './datasets/fashion-mnist.js';
export { encodeIdx, gunzip, type IdxArray, parseIdx } from './datasets/idx.js';
export { decodeImage, loadImage, toRgb } from './image/decode.js';
export { decodeJpeg } from './image/jpeg/decode.js';
export { type DecodeOptions, MAX_PIXELS } from './image/limits.js';
export { decodePng } from './image/png/decode.js';
export { encodePng } from './image/png.js';
export {
  centerCrop, HALF, IMAGENET, type Normalization, preprocess, type PreprocessOptions, shorterSideTo,
} from './image/preprocess.js';
export type { RasterImage } from './image/raster.js';
export { resizeImage, type ResizeImageOptions } from './image/resize.js';
export { drawImage } from './image/terminal.js';
export { type Batch, DataLoader, type DataLoaderOptions, type Transform } from './loader.js';

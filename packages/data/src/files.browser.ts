// The twin of files.node.ts for a page or a worker: an import map or a bundler puts it in that file's place.

/** The URL of a file in a directory; fetch takes a relative one relative to the page. */
export const filePath = (dir: string | URL, name: string): string =>
  `${String(dir).replace(/\/$/, '')}/${name}`;

/** See the twin. A page has no folders. */
export const listFiles = async (dir: string): Promise<readonly string[]> => {
  throw new Error(`listFiles: ${dir}: a page cannot list a folder; ` +
    'fetch the images, decode them with decodeImage, and make a data set of them with fromArrays');
};

/** A worker's first file in a page: its setup is the first and only message it gets. */
import { serve } from './worker-loop.js';
import type { WorkerSetup } from './worker-loop.js';

addEventListener('message', (event: MessageEvent<WorkerSetup>) => serve(event.data, () => close()), { once: true });

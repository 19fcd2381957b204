import type { Run } from './results.js';
export const charts = (_runs: readonly Run[]): { name: string; svg: string }[] => [];
export const markdown = (_runs: readonly Run[]): string => '';

/** How weights and gradients are spread, stage by stage. */
import { histogramChart, type HistogramRow } from '../svg/histogram-chart.js';
import { charts } from './html.js';

/** Histograms over one axis. */
export interface HistogramPanel {
  title: string;
  /** What is counted, with its unit. */
  xLabel: string;
  /** The edges are exponents of ten. */
  powersOfTen?: boolean;
  rows: readonly HistogramRow[];
}

/** One chart a panel; nothing without any. */
export const histograms = (panels: readonly HistogramPanel[] = []): string =>
  (panels.length === 0 ? '' : LEAD + charts(panels.map(({ title, xLabel, powersOfTen, rows }, series) =>
    histogramChart(rows, { title, xLabel, series, ...(powersOfTen !== undefined && { powersOfTen }) }))));

const LEAD = '<p>Each row is as high as its fullest interval. Gradients go back from the classifier to the ' +
  'stem: if rows drift to the left on that way, gradients vanish; to the right, they explode.</p>';

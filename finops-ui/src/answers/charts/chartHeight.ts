import type { ChartModel } from './chartPoints';

export const PLOT_HEIGHT = 260;
export const BAR_HEIGHT = 34;
const AROUND = 27;

/** How high a chart is, in pixels, before its code is here: its place is kept. Pure. */
export const chartHeight = ({ shape, points }: ChartModel): number =>
  AROUND + (shape === 'bars' ? points.length * BAR_HEIGHT : PLOT_HEIGHT);

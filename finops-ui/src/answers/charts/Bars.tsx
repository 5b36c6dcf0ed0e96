import { type ChartModel, type ChartPoint, remark } from './chartPoints';

/** Lying bars in the rows' order, each with its name and its value: nothing to look up on an axis. */
export function Bars({ chart }: { chart: ChartModel }) {
  const { points, sentence } = chart;
  const ends = points.flatMap(({ value, range }) => [value, ...(range ?? [])]);
  const low = Math.min(0, ...ends);
  const span = Math.max(0, ...ends) - low || 1;
  const share = (value: number) => `${(100 * value) / span}%`;
  return (
    <div className="bars" role="img" aria-label={sentence}>
      {points.map((point, index) => (
        <div className="bar-row" key={index}>
          <span className="bar-label" title={point.label}>
            {point.label}
          </span>
          <span className="bar-track">
            {point.value !== 0 && (
              <Bar point={point} start={share(Math.min(0, point.value) - low)} length={share(Math.abs(point.value))} />
            )}
            {point.range && (
              <span
                className="bar-range"
                style={{ insetInlineStart: share(point.range[0] - low), width: share(point.range[1] - point.range[0]) }}
              />
            )}
            {low < 0 && <span className="bar-zero" style={{ insetInlineStart: share(-low) }} />}
          </span>
          <span className="bar-value">
            {point.text}
            {remark(point)}
          </span>
        </div>
      ))}
    </div>
  );
}

function Bar({ point, start, length }: { point: ChartPoint; start: string; length: string }) {
  const kind = point.isForecast ? 'forecast' : point.isPartial ? 'partial' : 'whole';
  return <span className="bar" data-kind={kind} style={{ insetInlineStart: start, width: length }} />;
}

import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import { type PointerEvent, useId, useLayoutEffect, useRef, useState } from 'react';
import { LOCALE } from '../figures/cells';
import { PLOT_HEIGHT } from './chartHeight';
import { type ChartModel, type ChartPoint, remark } from './chartPoints';

const MARGIN = { top: 26, right: 28, bottom: 26, left: 52 };
const LABEL_WIDTH = 64;
const COMPACT = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumSignificantDigits: 3 });

type Place = ChartPoint & { readonly x: number; readonly y: number; readonly lowY: number; readonly highY: number };

/** Values over time, as a line or as columns: what is expected is dashed, what is not whole yet is hatched. */
export function TimeSeries({ chart }: { chart: ChartModel }) {
  const { points, shape, sentence } = chart;
  const { box, width } = useWidth();
  const [at, setAt] = useState<number>();
  const hatch = useId();

  const bottom = PLOT_HEIGHT - MARGIN.bottom;
  const inset = shape === 'columns' ? (width - MARGIN.left - MARGIN.right) / points.length / 2 : 8;
  const x = scaleLinear([0, points.length - 1], [MARGIN.left + inset, width - MARGIN.right - inset]);
  const ends = points.flatMap(({ value, range }) => [value, ...(range ?? [])]);
  // Where all is nothing, the line lies on zero all the same.
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const y = scaleLinear([low, high || Number(low === 0)], [bottom, MARGIN.top]).nice(5);
  const places = points.map((point, index): Place => {
    const [low, high] = point.range ?? [point.value, point.value];
    return { ...point, x: x(index), y: y(point.value), lowY: y(low), highY: y(high) };
  });
  const shown = at === undefined ? undefined : places[at];
  const find = ({ clientX, currentTarget }: PointerEvent<SVGSVGElement>) => {
    const index = Math.round(x.invert(clientX - currentTarget.getBoundingClientRect().left));
    setAt(Math.max(0, Math.min(points.length - 1, index)));
  };
  const every = Math.ceil((points.length * LABEL_WIDTH) / Math.max(1, width - MARGIN.left - MARGIN.right));

  return (
    <div ref={box}>
      <Legend chart={chart} hatch={hatch} />
      <svg
        className="plot"
        role="img"
        aria-label={sentence}
        width={width}
        height={PLOT_HEIGHT}
        onPointerMove={find}
        onPointerDown={find}
        onPointerLeave={() => setAt(undefined)}
      >
        <Hatch id={hatch} />
        {y.ticks(5).map((tick) => (
          <g key={tick}>
            <line
              className={tick === 0 ? 'plot-zero' : 'plot-grid'}
              x1={MARGIN.left}
              x2={width - MARGIN.right}
              y1={y(tick)}
              y2={y(tick)}
            />
            <text className="plot-tick" x={MARGIN.left - 8} y={y(tick)} dy="0.32em" textAnchor="end">
              {COMPACT.format(tick)}
              {chart.isPercent ? ' %' : ''}
            </text>
          </g>
        ))}
        {places.map((place, index) =>
          (places.length - 1 - index) % every === 0 ? (
            <text key={index} className="plot-tick" x={place.x} y={bottom + 18} textAnchor="middle">
              {shortTime(place.label, index < every)}
            </text>
          ) : null,
        )}
        {width > 0 &&
          (shape === 'columns' ? (
            <Columns places={places} zero={y(0)} hatch={hatch} width={inset * 1.3} />
          ) : (
            <Line places={places} hatch={hatch} />
          ))}
        {shown && <Reading place={shown} width={width} bottom={bottom} />}
      </svg>
    </div>
  );
}

/** What stands where the pointer is. */
function Reading({ place, width, bottom }: { place: Place; width: number; bottom: number }) {
  const { x, label, text } = place;
  const anchor = x < width / 3 ? 'start' : x > (width * 2) / 3 ? 'end' : 'middle';
  return (
    <>
      <line className="plot-cursor" x1={x} x2={x} y1={MARGIN.top - 6} y2={bottom} />
      <text className="plot-reading" x={x} y={14} textAnchor={anchor}>
        {label}: {text}
        {remark(place)}
      </text>
    </>
  );
}

function Line({ places, hatch }: { places: readonly Place[]; hatch: string }) {
  const path = line<Place>(
    (place) => place.x,
    (place) => place.y,
  );
  const band = area<Place>(
    (place) => place.x,
    (place) => place.lowY,
    (place) => place.highY,
  );
  const whole = places.filter(({ isPartial, isForecast }) => !isPartial && !isForecast);
  const forecast = places.filter(({ isForecast }) => isForecast);
  // The expected goes on where the whole ends: a month that is not over is no fall.
  const expected = forecast.length > 0 ? [...whole.slice(-1), ...forecast] : [];
  const partials = places.filter(({ isPartial, isForecast }) => isPartial && !isForecast);
  return (
    <>
      <path className="plot-band" d={band(expected) ?? ''} />
      <path className="plot-line" d={path(whole) ?? ''} />
      <path className="plot-line" data-kind="forecast" d={path(expected) ?? ''} />
      {partials.map((place) => {
        const before = whole.findLast(({ x }) => x < place.x);
        return (
          before && <path key={place.x} className="plot-line" data-kind="partial" d={path([before, place]) ?? ''} />
        );
      })}
      {places.length <= 40 && places.map((place) => <Dot key={place.x} place={place} hatch={hatch} />)}
    </>
  );
}

function Dot({ place, hatch }: { place: Place; hatch: string }) {
  const { x, y, isPartial, isForecast } = place;
  if (isPartial)
    return <rect className="plot-partial" x={x - 6} y={y - 6} width={12} height={12} fill={`url(#${hatch})`} />;
  return <circle className="plot-dot" data-kind={isForecast ? 'forecast' : 'whole'} cx={x} cy={y} r={3.5} />;
}

interface ColumnsProps {
  readonly places: readonly Place[];
  readonly zero: number;
  readonly hatch: string;
  readonly width: number;
}

function Columns({ places, zero, hatch, width }: ColumnsProps) {
  const breadth = Math.max(1, Math.min(48, width));
  return places.map(({ x, y, isForecast, isPartial }) => (
    <rect
      key={x}
      className="plot-column"
      data-kind={isForecast ? 'forecast' : isPartial ? 'partial' : 'whole'}
      x={x - breadth / 2}
      y={Math.min(y, zero)}
      width={breadth}
      height={Math.abs(zero - y)}
      fill={isPartial ? `url(#${hatch})` : undefined}
    />
  ));
}

function Hatch({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={id} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect className="hatch-ground" width="5" height="5" />
        <rect className="hatch-stripe" width="2" height="5" />
      </pattern>
    </defs>
  );
}

/** What the marks mean, of those that are there. */
function Legend({ chart, hatch }: { chart: ChartModel; hatch: string }) {
  const { points, shape } = chart;
  const partial = points.find(({ isPartial }) => isPartial);
  const hasForecast = points.some(({ isForecast }) => isForecast);
  if (!partial && !hasForecast) return null;
  return (
    <p className="plot-legend" aria-hidden="true">
      {hasForecast && <Key kind="forecast" shape={shape} word="forecast" />}
      {points.some(({ range }) => range) && <Key kind="band" shape={shape} word="range" />}
      {partial && (
        <span>
          <svg width="14" height="14" aria-hidden="true">
            <rect className="plot-partial" x="1" y="1" width="12" height="12" fill={`url(#${hatch})`} />
          </svg>
          {partial.label}: not whole yet
        </span>
      )}
    </p>
  );
}

function Key({ kind, shape, word }: { kind: 'forecast' | 'band'; shape: ChartModel['shape']; word: string }) {
  return (
    <span>
      <svg width="24" height="14" aria-hidden="true">
        {kind === 'band' && <path className="plot-band" d="M1,2H23V12H1Z" />}
        {kind === 'forecast' && shape === 'line' && <path className="plot-line" data-kind="forecast" d="M0,7H24" />}
        {kind === 'forecast' && shape === 'columns' && (
          <rect className="plot-column" data-kind="forecast" x="1" y="1" width="22" height="12" />
        )}
      </svg>
      {word}
    </span>
  );
}

/** "October 2026" as "Oct", with the year where that is new. */
function shortTime(label: string, isFirst: boolean): string {
  const month = /^(?<name>\p{L}{3})\p{L}* (?<year>\d{4})$/u.exec(label)?.groups;
  if (month) return isFirst || month.name === 'Jan' ? `${month.name} ${month.year}` : `${month.name}`;
  const day = /^(?<day>\d{1,2}) (?<name>\p{L}{3})\p{L}* \d{4}$/u.exec(label)?.groups;
  if (day) return `${day.day} ${day.name}`;
  return label.length > 10 ? `${label.slice(0, 9)}…` : label;
}

function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { box, width };
}

import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Sent } from './load-sender.ts';

/** How the service did at one rate. */
export interface LoadStep extends Sent {
  readonly rate: number;
  /** Of one core, while posts were under way: the stack's thread (gateway and emulators), ... */
  readonly stackCpu: number;
  /** ... and all processes of functions together; nothing but on Linux. */
  readonly functionsCpu: number | undefined;
}

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/**
 * Colours that stand out against white and against a dark page alike: a picture in a document does
 * not know which it is on.
 */
const COLOURS = { text: '#747d87', grid: '#8b949e', median: '#2f81c7', percentile99: '#d2691e' };

const FONT = { color: COLOURS.text, fontFamily: 'sans-serif', fontSize: 12 };
const MARGIN = { left: 64, right: 24 };
const MEDIAN = 'median';
const PERCENTILE_99 = '99th percentile';

/** Throughput and latency over the rate of posts, as an SVG document without a background. */
export function loadPlot(steps: readonly LoadStep[], title: string): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 720, height: 580 });
  chart.setOption({
    animation: false,
    textStyle: FONT,
    title: { text: title, left: MARGIN.left, padding: 0, textStyle: { ...FONT, fontSize: 14 } },
    legend: {
      data: [MEDIAN, PERCENTILE_99],
      top: 296,
      itemGap: 28,
      right: MARGIN.right,
      textStyle: FONT,
      icon: 'circle',
      selectedMode: false,
    },
    grid: [
      { ...MARGIN, top: 66, height: 200 },
      { ...MARGIN, top: 326, height: 200 },
    ],
    xAxis: [
      rateAxis(0, ''),
      rateAxis(1, 'posts a second, sent on time however slow the answers are'),
    ],
    yAxis: [
      { ...axis('posts answered 200, a second'), gridIndex: 0, type: 'value' },
      { ...axis('time from due to answered, ms'), gridIndex: 1, type: 'log' },
    ],
    series: [
      { ...line(0, COLOURS.median), data: points(steps, ({ delivered }) => delivered) },
      {
        ...line(1, COLOURS.median),
        name: MEDIAN,
        data: points(steps, ({ latency }) => latency.p50),
      },
      {
        ...line(1, COLOURS.percentile99),
        name: PERCENTILE_99,
        data: points(steps, ({ latency }) => latency.p99),
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function points(steps: readonly LoadStep[], of: (step: LoadStep) => number): number[][] {
  return steps.map((step) => [step.rate, Number(of(step).toPrecision(4))]);
}

function rateAxis(gridIndex: number, name: string) {
  const placed = { nameLocation: 'middle', nameGap: 30, nameTextStyle: FONT } as const;
  return { ...axis(name), ...placed, gridIndex, type: 'value' as const };
}

function axis(name: string) {
  return {
    name,
    nameTextStyle: { ...FONT, align: 'left' as const },
    axisLabel: FONT,
    axisLine: { show: true, lineStyle: { color: COLOURS.text } },
    axisTick: { lineStyle: { color: COLOURS.text } },
    splitLine: { lineStyle: { color: COLOURS.grid, opacity: 0.35 } },
  };
}

function line(index: number, color: string) {
  return {
    type: 'line' as const,
    xAxisIndex: index,
    yAxisIndex: index,
    symbol: 'circle',
    symbolSize: 6,
    silent: true,
    itemStyle: { color },
    lineStyle: { color, width: 2 },
  };
}

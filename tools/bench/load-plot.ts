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
  const line = (index: number, color: string, of: (step: LoadStep) => number, name?: string) => ({
    ...{ type: 'line' as const, silent: true, symbol: 'circle', symbolSize: 6 },
    ...{ xAxisIndex: index, yAxisIndex: index, ...(name && { name }) },
    data: steps.map((step) => [step.rate, Number(of(step).toPrecision(4))]),
    itemStyle: { color },
    lineStyle: { color, width: 2 },
  });
  const rate = { nameLocation: 'middle', nameGap: 30, nameTextStyle: FONT, type: 'value' } as const;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 720, height: 580 });
  chart.setOption({
    animation: false,
    textStyle: FONT,
    title: { text: title, left: MARGIN.left, padding: 0, textStyle: { ...FONT, fontSize: 14 } },
    legend: {
      ...{ data: [MEDIAN, PERCENTILE_99], textStyle: FONT, icon: 'circle', selectedMode: false },
      ...{ top: 296, right: MARGIN.right, itemGap: 28 },
    },
    grid: [66, 326].map((top) => ({ ...MARGIN, top, height: 200 })),
    xAxis: [
      { ...axis(0, ''), ...rate },
      { ...axis(1, 'posts a second, sent on time however slow the answers are'), ...rate },
    ],
    yAxis: [
      { ...axis(0, 'posts answered 200, a second'), type: 'value' },
      { ...axis(1, 'time from due to answered, ms'), type: 'log' },
    ],
    series: [
      line(0, COLOURS.median, (step) => step.delivered),
      line(1, COLOURS.median, (step) => step.latency.p50, MEDIAN),
      line(1, COLOURS.percentile99, (step) => step.latency.p99, PERCENTILE_99),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function axis(gridIndex: number, name: string) {
  return {
    ...{ gridIndex, name, nameTextStyle: { ...FONT, align: 'left' as const }, axisLabel: FONT },
    axisLine: { show: true, lineStyle: { color: COLOURS.text } },
    axisTick: { lineStyle: { color: COLOURS.text } },
    splitLine: { lineStyle: { color: COLOURS.grid, opacity: 0.35 } },
  };
}

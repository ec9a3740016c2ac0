import type { CompiledTemplate } from './compiled-template.ts';

/** A metric of an alarm or the dashboard. */
export interface WatchedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, unknown>>;
}

/** The properties of all alarms. */
export const alarmsOf = ({ Resources }: CompiledTemplate) =>
  Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => Properties);

/** The alarm's name without the stack's, such as `conflicts`. */
export const nameOf = (alarm: { AlarmName: { 'Fn::Sub': string } }) =>
  alarm.AlarmName['Fn::Sub'].replace(/^\$\{AWS::StackName\}-/, '');

interface MetricProperties {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { Name: string; Value: unknown }[];
}
const watched = ({ Namespace, MetricName, Dimensions }: MetricProperties): WatchedMetric => ({
  namespace: Namespace,
  name: MetricName,
  dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
});

export const alarmMetrics = (template: CompiledTemplate): WatchedMetric[] =>
  alarmsOf(template).map(watched);

interface Widget {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: { readonly title: string; readonly metrics: readonly (string | object)[][] };
}
/** The dashboard's widgets, and the values of their references. */
export function dashboardOf({ Resources }: CompiledTemplate) {
  const { Dashboard } = Resources;
  if (!Dashboard) throw new Error('The template has no dashboard');
  const [body, references] = Dashboard.Properties.DashboardBody['Fn::Sub'] as [
    string,
    Record<string, unknown>,
  ];
  const { widgets } = JSON.parse(body) as { widgets: Widget[] };
  return { widgets, references };
}

export function dashboardMetrics(template: CompiledTemplate): WatchedMetric[] {
  const { widgets, references } = dashboardOf(template);
  return widgets.flatMap(({ properties }) =>
    properties.metrics.map((metric) => {
      const [namespace, name, ...dimensions] = metric.filter((part) => typeof part === 'string');
      const pairs = dimensions.flatMap((key, index) => {
        const value = dimensions[index + 1] ?? '';
        const reference = /^\$\{(\w+)\}$/.exec(value)?.[1];
        return index % 2 === 0 ? [[key, reference ? references[reference] : value]] : [];
      });
      return {
        namespace: namespace ?? '',
        name: name ?? '',
        dimensions: Object.fromEntries(pairs),
      };
    }),
  );
}

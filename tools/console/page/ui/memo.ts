import { Component, type ComponentChildren } from 'preact';

/** A component that is rendered again only if one of its properties, or a signal in it, has changed. */
export abstract class Memoised<Props extends object> extends Component<Props> {
  override shouldComponentUpdate(next: Readonly<Props>): boolean {
    const names = new Set([...Object.keys(this.props), ...Object.keys(next)]) as Set<keyof Props>;
    return [...names].some((name) => this.props[name] !== next[name]);
  }

  abstract override render(props: Props): ComponentChildren;
}

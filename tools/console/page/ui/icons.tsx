/** Drawn on 16 by 16, with the colour of the text. */
const ICON_PATHS = {
  activity: 'M1.5 8.5h3l2-6 3 11 2-5h3',
  alert: 'M8 2 1.5 13.5h13zM8 6.5v3.2M8 11.6v.2',
  arrow: 'M2.5 8h11M9.5 4l4 4-4 4',
  back: 'M10 3 5 8l5 5',
  chaos: 'M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  circle: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11z',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 4.5V8l2.5 1.5',
  close: 'm3.5 3.5 9 9m0-9-9 9',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  conversation: 'M2 3h8.5v6H6l-2.2 2V9H2zM12.5 6H14v6h-1.8v2L10 12H7.5',
  down: 'M8 3v10M3.5 8.5 8 13l4.5-4.5',
  database:
    'M2.5 4c0-1.1 2.5-2 5.5-2s5.5.9 5.5 2-2.5 2-5.5 2-5.5-.9-5.5-2v8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2V4M2.5 8c0 1.1 2.5 2 5.5 2s5.5-.9 5.5-2',
  filter: 'M2 3.5h12M4.5 8h7M6.5 12.5h3',
  half: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 2.5v11M10.5 3.6v8.8',
  inbox: 'M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.5l1 1.5h3l1-1.5H14',
  mail: 'M2 3.5h12v9H2zM2 4.5l6 4.5 6-4.5',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  refused: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM4.2 4.2l7.6 7.6',
  replay: 'M3 8a5 5 0 1 1 1.7 3.8M3 12.5V9.3h3.2',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.5 10.5l3.5 3.5',
  send: 'M14 2 7.5 14l-1.7-5.8L1.5 5.5zM14 2 5.8 8.2',
  subscribers:
    'M8 9v3.5M8 6a1.5 1.5 0 1 0 0 .01M4.8 9.7a4.5 4.5 0 1 1 6.4 0M2.6 11.9a7.5 7.5 0 1 1 10.8 0',
  sun: 'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13',
  system: 'M2 3h12v8H2zM6 13.5h4',
  up: 'M8 13V3M3.5 7.5 8 3l4.5 4.5',
} as const;

export type IconName = keyof typeof ICON_PATHS;

/** Hidden from screen readers, because a word is beside it or a label around it. */
export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={ICON_PATHS[name]} />
    </svg>
  );
}

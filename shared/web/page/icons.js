// The page's few icons, drawn with a line. They say nothing to a screen reader: the button that holds one has a name.
import { html } from './vendor/preact.js';

const paths = {
  star: 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.700l5.9-.8z',
  check: 'M5 12.500l4.5 4.500L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  left: 'M14.5 5l-7 7 7 7',
  right: 'M9.5 5l7 7-7 7',
  down: 'M12 4v11m-5-4.500l5 5 5-5M5 20h14',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  link: 'M10 14a4 4 0 005.7 0l3-3A4 4 0 0013 5.300l-1 1M14 10a4 4 0 00-5.7 0l-3 3A4 4 0 0011 18.700l1-1',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v6M14 11v6',
  again: 'M4 12a8 8 0 0113.7-5.700L20 8.500M20 4v4.500h-4.500M20 12a8 8 0 01-13.7 5.700L4 15.500M4 20v-4.500h4.5',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13.5 6.500l4 4',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9.500h.01',
  search: 'M11 4a7 7 0 100 14 7 7 0 000-14zM16 16l4.5 4.5',
  sliders: 'M4 7h9m4 0h3M4 17h3m4 0h9M15 5v4M9 15v4',
};

export const Icon = ({ name, full }) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill=${full ? 'currentColor' : 'none'}
  stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><path d=${paths[name]} /></svg>`;

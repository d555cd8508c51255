// Justified rows: as many pictures in a row as bring it nearest to the height that is wanted, all equally high.
import { html, useLayoutEffect, useRef, useState } from './vendor/preact.js';

const wide = 1e3; // pixels, until the width is known

// justify parts ratios into rows. It returns for each the share of its row that it takes, and how many gaps the row has.
export function justify(ratios, width, height, gap) {
  const places = [];
  let row = [];
  const end = (last) => {
    const sum = row.reduce((a, b) => a + b, 0);
    const room = last ? Math.max(sum, (width - (row.length - 1) * gap) / height) : sum;
    row.forEach((r) => places.push({ share: r / room, gaps: row.length - 1 }));
    row = [];
  };
  const heightOf = (rs) => (width - (rs.length - 1) * gap) / rs.reduce((a, b) => a + b, 0);
  for (const r of ratios) {
    const now = row.length ? heightOf(row) : Infinity;
    if (now - height < height - heightOf([...row, r])) end(false);
    row.push(r);
  }
  if (row.length) end(heightOf(row) > height);
  return places;
}

// Rows lays out cards that are [key, ratio, draw], draw taking the style. The cards stay side by side in the document, so
// that a new row moves none of them to another parent and no picture is loaded again.
export function Rows({ items, height, gap = 10, narrow = 0.66 }) {
  const box = useRef();
  const [width, set] = useState(wide);
  useLayoutEffect(() => {
    const measure = () => set(box.current.clientWidth || wide);
    const observer = new ResizeObserver(measure);
    measure();
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const places = justify(items.map((i) => i[1]), width, width < 600 ? height * narrow : height, gap);
  return html`<div class="rows" ref=${box}>${items.map(([, ratio, draw], n) => draw({
    '--ratio': ratio, width: `calc((100% - ${places[n].gaps * gap}px) * ${places[n].share.toFixed(5)} - .02px)`,
  }))}</div>`;
}

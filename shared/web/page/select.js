// Selecting many: with a click, in ranges with Shift, or all of the page; and what can be done with them.
import { html, useRef, useState } from './vendor/preact.js';
import { remove, setStar } from './acts.js';
import { Icon } from './icons.js';
import { go } from './route.js';
import { can, jobOf } from './store.js';
import { toast } from './toast.js';
import { many } from './words.js';

const mostInZip = 100;

// usePicks is the selection. order is the list as it is drawn, so that a range is what one sees.
export function usePicks() {
  const [set, change] = useState(new Set());
  const order = useRef([]);
  const anchor = useRef(null);
  const pick = (id, e) => {
    const from = order.current.indexOf(anchor.current);
    const to = order.current.indexOf(id);
    const range = e.shiftKey && from >= 0 && to >= 0 ? order.current.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
    anchor.current = id;
    change((old) => {
      const next = new Set(old);
      range.forEach((one) => (old.has(id) ? next.delete(one) : next.add(one)));
      return next;
    });
  };
  return { set, order, pick, all: () => change((old) => new Set([...old, ...order.current])), clear: () => change(new Set()) };
}

// Picked is the bar with what can be done with those that are selected.
export function Picked({ picks }) {
  const ids = [...picks.set].filter(jobOf);
  if (!ids.length) return null;
  const starred = ids.every((id) => jobOf(id).starred);
  const made = ids.filter((id) => jobOf(id).images.length);
  const zip = '/images.zip?' + made.slice(0, mostInZip).map((id) => 'id=' + id).join('&');
  return html`<div class="picked-bar" role="region" aria-label="Selected">
    <strong>${many(ids.length, 'selected', 'selected')}</strong>
    <button type="button" onClick=${() => setStar(ids, !starred)}><${Icon} name="star" full=${starred} /> ${starred ? 'Unstar' : 'Star'}</button>
    <button type="button" disabled=${made.length !== 2} title=${made.length === 2 ? '' : 'Select two pictures'} onClick=${() => go(['compare', ...made])}>Compare</button>
    ${can('stream') && html`<a class="button" href=${zip} download onClick=${() => made.length > mostInZip && toast(`The zip has the first ${mostInZip}.`)}><${Icon} name="down" /> Zip</a>`}
    <button type="button" onClick=${() => { remove(ids); picks.clear(); }}><${Icon} name="trash" /> Delete</button>
    <button type="button" class="plain" onClick=${picks.clear}>Clear</button>
  </div>`;
}

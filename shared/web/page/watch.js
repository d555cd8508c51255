// Watch: what was just ordered and what is under way, from the first moment on.
import { html } from './vendor/preact.js';
import { shapeOf } from './card.js';
import { jobOf, isRemoved, unfinished, unfinishedBatches, useBatch, use, batchOf } from './store.js';
import { Rows } from './rows.js';
import { ordered, pending } from './orders.js';
import { useTick } from './tick.js';
import { isOver, many, ratio, since, span } from './words.js';

export const most = 24; // cards; what is beyond is counted
const small = 16; // jobs of a batch that are shown one by one

let strip = [];

// nowIds are the jobs that have a card here: what was ordered here or is under way, from then on until the list below is
// loaded anew. Where the list is filtered, or is not at its beginning, they are what was ordered here alone. Of those that
// have ended no more are kept than can be shown: the list has them.
export function nowIds(everything) {
  const others = unfinished().filter((j) => !isMany(j.batch_id)).sort((a, b) => (a.created_at < b.created_at ? 1 : -1)).map((j) => j.id);
  const fresh = [...new Set([...ordered(), ...others])].filter((id) => !strip.includes(id) && !settledIn.has(id));
  strip = [...fresh, ...strip];
  strip.slice(most).filter((id) => jobOf(id) && isOver(jobOf(id))).forEach((id) => settledIn.add(id));
  strip = strip.filter((id) => !settledIn.has(id));
  return strip.filter((id) => jobOf(id) && !isRemoved(id) && (everything || ordered().includes(id)));
}

const settledIn = new Set(); // ended, and left to the list below

// clearNow leaves what is under way. The rest is in the list.
export function clearNow() {
  strip.filter((id) => jobOf(id) && isOver(jobOf(id))).forEach((id) => settledIn.add(id));
  strip = strip.filter((id) => !settledIn.has(id));
}

const isMany = (batch) => batch && (batchOf(batch)?.counts.total ?? small + 1) > small;

// Sending is an order that no answer has come to.
const shapeOfOrder = (one) => (one.body.image ? 1 : ratio(one.body.aspect_ratio));

function Sending({ one, style }) {
  useTick();
  return html`<figure class="card is-queued" style=${style}><div class="card-picture"><span class="card-words">
      <strong>${one.tries ? 'No answer yet; trying again' : 'Sending'}</strong><span class="time">${span(since(one.at))}</span></span></div>
    <figcaption class="card-caption"><span class="line" dir="auto">${one.body.prompt}</span></figcaption></figure>`;
}

// Bar is how far a batch has come.
export function Bar({ batch }) {
  const { total, succeeded, failed, canceled } = batch.counts;
  const part = (n) => ({ width: `${total ? (100 * n) / total : 0}%` });
  return html`<div class="bar" role="progressbar" aria-label="Ended" aria-valuemin="0" aria-valuemax=${total} aria-valuenow=${succeeded + failed + canceled}>
    <span class="done" style=${part(succeeded)}></span><span class="bad" style=${part(failed)}></span><span class="off" style=${part(canceled)}></span></div>`;
}

function Group({ id }) {
  const batch = useBatch(id);
  if (!batch) return null;
  const { total, succeeded, failed } = batch.counts;
  return html`<a class="group" href=${'#/bulk/' + id}><strong class="line">${batch.name || 'Batch'}</strong>
    <span class="quiet">${succeeded} of ${many(total, 'picture')}${failed ? `, ${failed} failed` : ''}${batch.ends_at ? ` · about ${span(-since(batch.ends_at))} more` : ''}</span><${Bar} batch=${batch} /></a>`;
}

// Now is the strip above the list. more is how many are under way and have no card.
export function Now({ ids, more, everything, card }) {
  use('jobs');
  use('batches');
  const groups = everything ? unfinishedBatches().filter((b) => b.counts.total > small) : [];
  if (!ids.length && !pending().length && !groups.length) return null;
  return html`<section class="now" aria-label="Just now">
    ${groups.length > 0 && html`<div class="groups">${groups.map((b) => html`<${Group} key=${b.id} id=${b.id} />`)}</div>`}
    <${Rows} height=${215} items=${[
      ...pending().map((o) => [o.key, shapeOfOrder(o), (style) => html`<${Sending} key=${o.key} one=${o} style=${style} />`]),
      ...ids.map((id) => [id, shapeOf(jobOf(id)), (style) => card(id, style, true)]),
    ]} />
    ${more > 0 && html`<p class="quiet">and <a href="#/?status=queued,running">${many(more, 'picture')} more</a></p>`}
  </section>`;
}

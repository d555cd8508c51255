// Find: pages of a hundred, filters and search. A page stays as it was loaded; what is new is announced by a button.
import { html, useEffect, useRef, useState } from './vendor/preact.js';
import { setStar, stars } from './acts.js';
import { listJobs, Problem } from './api.js';
import { Card, shapeOf } from './card.js';
import { Icon } from './icons.js';
import { ordered } from './orders.js';
import { go } from './route.js';
import { Rows } from './rows.js';
import { renewBatch } from './stream.js';
import { batchOf, can, isRemoved, jobOf, learn, modelList, modelOf, onEnd, put, unfinished, use } from './store.js';
import { clearNow, most, Now, nowIds } from './watch.js';
import { many, now } from './words.js';

const perPage = 100;

// The list as it is: shared with the large view, whose arrow keys follow it.
const list = { ids: [], cursors: [null], next: null, since: 0 };

export const isFiltered = (filter) => Object.values(filter).some(Boolean);

// visible are the IDs as they are drawn: the strip above the list, and the list without them. more are under way and not
// among them.
export function visible(filter) {
  const now = nowIds(!isFiltered(filter) && list.cursors.length === 1);
  const above = now.slice(0, most);
  const below = list.ids.filter((id) => jobOf(id) && !isRemoved(id) && !above.includes(id));
  return { above, below, more: now.slice(most).filter((id) => !list.ids.includes(id)).length, all: [...above, ...below] };
}

const wanted = ({ status, model, batch, starred, q }) => ({ status, model, batch_id: batch, starred: starred ? 'true' : '', q });

// fits reports whether a job belongs to what is filtered, as far as the page can tell.
function fits(job, { status, model, batch, starred, q }) {
  return (!status || status.split(',').includes(job.status)) && (!model || modelOf(model)?.id === job.model)
    && (!batch || job.batch_id === batch) && (!starred || job.starred) && (!q || job.input.prompt.toLowerCase().includes(q.toLowerCase()));
}

// useList loads the pages of a filter. Where one is, is kept in the history, so that a reload stays there.
export function useList(filter) {
  const [state, set] = useState({ ids: [], loading: true });
  const [fresh, setFresh] = useState(new Set());
  const key = JSON.stringify(filter);
  const running = useRef();
  const load = async (cursors) => {
    running.current?.abort();
    const control = new AbortController();
    running.current = control;
    set((s) => ({ ...s, loading: true, error: null }));
    try {
      await stars(); // one that was just given is to be found
      const asked = Date.now();
      const answer = await listJobs({ ...wanted(filter), limit: perPage, cursor: cursors.at(-1) }, control.signal);
      answer.data.forEach((j) => put(j, asked));
      const first = cursors.length === 1;
      if (first) {
        setFresh(new Set());
        clearNow();
      }
      if (first) list.since = now() - 1000;
      Object.assign(list, { ids: answer.data.map((j) => j.id), cursors, next: answer.next_cursor });
      history.replaceState({ ...history.state, cursors, key, since: list.since }, '', location.href);
      set({ ids: list.ids, loading: false, page: cursors.length, more: answer.has_more, first });
      return list.ids;
    } catch (e) {
      if (e.name === 'AbortError') return null;
      if (e instanceof Problem && e.fields.some((f) => /^\/?q$/.test(f.pointer || f.parameter || ''))) learn('search', false);
      set({ ids: [], loading: false, error: e });
      return null;
    }
  };
  useEffect(() => {
    const kept = history.state?.key === key && history.state;
    list.since = kept ? kept.since : now();
    load(kept ? kept.cursors : [null]);
    return () => running.current?.abort();
  }, [key]);
  useEffect(() => onEnd((job) => {
    if (Date.parse(job.completed_at) >= list.since && fits(job, filter)) setFresh((s) => new Set(s).add(job.id));
  }), [key]);
  return {
    ...state, fresh,
    renew: () => load([null]),
    reload: () => load(list.cursors),
    older: () => (list.next ? load([...list.cursors, list.next]) : null),
    newer: () => (list.cursors.length > 1 ? load(list.cursors.slice(0, -1)) : null),
    first: () => load([null]),
  };
}

const states = [['', 'All'], ['succeeded', 'Made'], ['queued,running', 'Under way'], ['failed', 'Failed'], ['canceled', 'Canceled']];

// Filters say what is looked for. Typing searches after a moment.
export function Filters({ filter }) {
  use('models');
  use('abilities');
  const timer = useRef();
  const [text, setText] = useState(filter.q || '');
  useEffect(() => setText(filter.q || ''), [filter.q]);
  const set = (part, replace) => go([], { ...filter, ...part }, replace);
  const search = (q) => {
    setText(q);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => set({ q: q.trim() }, true), 300);
  };
  return html`<div class="filters" role="search">
    <label class="search"><${Icon} name="search" /><input type="search" maxlength="200" aria-label="Search in the prompts" placeholder=${can('search') ? 'Search in the prompts' : 'No search on this server'}
      disabled=${!can('search')} value=${text} onInput=${(e) => search(e.target.value)} /></label>
    <select aria-label="State" value=${filter.status || ''} onChange=${(e) => set({ status: e.target.value })}>
      ${states.map(([v, text]) => html`<option key=${v} value=${v}>${text}</option>`)}</select>
    <select aria-label="Model" value=${filter.model || ''} onChange=${(e) => set({ model: e.target.value })}>
      <option value="">Every model</option>${modelList().map((m) => html`<option key=${m.alias} value=${m.alias}>${m.name}</option>`)}</select>
    <button type="button" class="toggle" aria-pressed=${Boolean(filter.starred)} onClick=${() => set({ starred: filter.starred ? '' : '1' })}><${Icon} name="star" full=${filter.starred} /> Starred</button>
    ${filter.batch && html`<${BatchChip} id=${filter.batch} drop=${() => set({ batch: '' })} />`}
    ${isFiltered(filter) && html`<button type="button" class="plain" onClick=${() => go([], {})}>Clear</button>`}
  </div>`;
}

function BatchChip({ id, drop }) {
  use(id);
  useEffect(() => { if (!batchOf(id)) renewBatch(id).catch(() => {}); }, [id]);
  return html`<span class="chip"><a href=${'#/bulk/' + id}>${batchOf(id)?.name || 'Batch ' + id.slice(0, 8)}</a>
    <button type="button" class="plain" aria-label="Show the pictures of every batch" onClick=${drop}>×</button></span>`;
}

function Empty({ filter, error, renew }) {
  if (error && !can('search') && filter.q) {
    return html`<div class="empty"><p><strong>This server has no search.</strong></p><p>It keeps its records where words cannot be looked up. The filters work.</p>
      <button type="button" onClick=${() => go([], { ...filter, q: '' })}>Leave the search</button></div>`;
  }
  if (error) return html`<div class="empty"><p><strong>${error.message}</strong></p><button type="button" onClick=${renew}>Try again</button></div>`;
  if (isFiltered(filter)) {
    return html`<div class="empty"><p><strong>Nothing here fits.</strong></p><button type="button" onClick=${() => go([], {})}>Show everything</button></div>`;
  }
  if (unfinished().length) return null;
  return html`<div class="empty first"><p><strong>No pictures yet.</strong></p><p>Write what you want to see and press Make. It appears here.</p></div>`;
}

function Pager({ l }) {
  const to = (f) => async () => { if (await f()) scrollTo({ top: 0 }); };
  if (!l.page || (l.page === 1 && !l.more)) return null;
  return html`<nav class="pager" aria-label="Pages">
    ${l.page > 2 && html`<button type="button" onClick=${to(l.first)}>First</button>`}
    <button type="button" disabled=${l.page === 1} onClick=${to(l.newer)}><${Icon} name="left" /> Newer</button>
    <span>Page ${l.page}</span>
    <button type="button" disabled=${!l.more} onClick=${to(l.older)}>Older <${Icon} name="right" /></button>
  </nav>`;
}

// News is the button that brings what has come since. What was ordered here and stands above is no news.
function News({ l, above }) {
  const known = new Set([...list.ids, ...ordered().filter((id) => above.includes(id))]);
  const n = [...l.fresh].filter((id) => !isRemoved(id) && !known.has(id)).length;
  if (!n || l.loading) return null;
  return html`<button type="button" class="news" onClick=${async () => { await l.renew(); scrollTo({ top: 0 }); }}>${n} new</button>`;
}

// arrows moves the focus from card to card as the cards lie. Home and End lead to the first and the last.
function arrows(e, picks) {
  const here = e.target.closest('[data-id]');
  if (!here || e.ctrlKey || e.metaKey || e.altKey) return;
  const cards = [...e.currentTarget.querySelectorAll('[data-id]')];
  const at = cards.indexOf(here);
  const to = {
    ArrowLeft: () => cards[at - 1], ArrowRight: () => cards[at + 1], ArrowUp: () => nearest(cards, here, -1), ArrowDown: () => nearest(cards, here, 1),
    Home: () => cards[0], End: () => cards.at(-1),
  }[e.key];
  if (to) {
    e.preventDefault();
    to()?.querySelector('.card-picture').focus();
  }
  if (e.key === 'x') picks.pick(here.dataset.id, e);
  if (e.key === 'X') picks.pick(here.dataset.id, { shiftKey: true });
  if (e.key === 's') setStar([here.dataset.id], !jobOf(here.dataset.id).starred);
}

// nearest is the card of the next row whose middle is nearest.
function nearest(cards, here, way) {
  const from = here.getBoundingClientRect();
  const off = (r) => Math.abs(r.left + r.right - from.left - from.right);
  const beyond = cards.map((card) => ({ card, r: card.getBoundingClientRect() })).filter(({ r }) => way * (r.top - from.top) > 5);
  const row = Math.min(...beyond.map(({ r }) => way * r.top));
  return beyond.filter(({ r }) => way * r.top - row < 5).sort((a, b) => off(a.r) - off(b.r))[0]?.card;
}

export function Gallery({ filter, l, open, edit, picks, current }) {
  use('jobs');
  use('orders'); // an event may have told the end of a job before the answer to its order came
  const [active, activate] = useState(null);
  const everything = !isFiltered(filter);
  const { above, below, all, more } = visible(filter);
  picks.order.current = all;
  const stop = all.includes(active) ? active : all[0];
  const card = (id, style, fresh) => html`<${Card} key=${id} id=${id} style=${style} open=${open} edit=${edit} fresh=${fresh} tab=${id === stop ? 0 : -1}
    pick=${picks.pick} picked=${picks.set.has(id)} current=${current === id} />`;
  return html`<section class="gallery" aria-label="Pictures" aria-busy=${l.loading} onKeyDown=${(e) => arrows(e, picks)}
      onFocusIn=${(e) => { const id = e.target.closest('[data-id]')?.dataset.id; if (id) activate(id); }}>
    <${Filters} filter=${filter} />
    <${Now} ids=${above} more=${more} everything=${everything && l.page === 1} card=${card} />
    <div class="list-head"><h2>${everything ? 'All pictures' : 'Found'}</h2><${News} l=${l} above=${above} />
      ${below.length > 0 && html`<button type="button" class="plain" onClick=${picks.all}>Select the page</button>`}</div>
    <${Rows} height=${225} items=${below.map((id) => [id, shapeOf(jobOf(id)), (style) => card(id, style)])} />
    ${!l.loading && !(everything ? all : below).length && html`<${Empty} filter=${filter} error=${l.error} renew=${l.reload} />`}
    ${l.loading && !all.length && html`<p class="empty quiet">Looking …</p>`}
    <${Pager} l=${l} />
    ${below.length > 0 && html`<p class="unseen" role="status">${many(below.length, 'picture')} on this page</p>
      <p class="hint keys">Arrow keys lead from picture to picture, Enter opens, X selects, Shift X a range, S stars.</p>`}
  </section>`;
}

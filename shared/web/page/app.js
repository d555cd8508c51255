// The page: what is open, what is on top of it, and what leads from one to the other.
import { html, render, useEffect, useState } from './vendor/preact.js';
import * as api from './api.js';
import { resumeRemovals } from './acts.js';
import { Bulk } from './bulk.js';
import { Compare } from './compare.js';
import * as drafts from './draft.js';
import { Gallery, useList, visible } from './find.js';
import { Large } from './large.js';
import { Login } from './login.js';
import { Make } from './make.js';
import { order, resume } from './orders.js';
import { address, back, go, useRoute } from './route.js';
import { Picked, usePicks } from './select.js';
import { learn, linkState, modelList, modelOf, onEnd, setModels, underWay, use } from './store.js';
import { run } from './stream.js';
import { fail, toast, Toasts } from './toast.js';

function Head({ view, session }) {
  use('link');
  use('jobs');
  use('batches');
  const n = underWay();
  useEffect(() => { document.title = n ? `(${n}) Easel` : 'Easel'; }, [n]);
  const tab = (name, text, on) => html`<a href=${name} aria-current=${on ? 'page' : undefined}>${text}</a>`;
  return html`<header class="top"><a class="brand" href="#/"><img src="/web/icon.svg" alt="" width="26" height="26" />Easel</a>
    <nav aria-label="Views">${tab('#/', 'Pictures', view !== 'bulk')}${tab('#/bulk', 'Bulk', view === 'bulk')}</nav>
    <span class="state">${n ? `${n} under way` : ''}</span><span class="lost" role="status">${linkState() === 'lost' ? 'No connection; trying again' : ''}</span>
    ${session.required && html`<button type="button" class="plain" onClick=${() => api.signOut().finally(() => location.reload())}>Sign out</button>`}
  </header>`;
}

// Pictures is the main view, with the form at its side and the large views on top.
function Pictures({ route, given, edit, again }) {
  const l = useList(route.filter);
  const picks = usePicks();
  use('jobs');
  const [top, id, other] = route.parts;
  const large = top === 'job' ? id : null;
  const open = (job, e) => (e && (e.shiftKey || (picks.set.size && (e.ctrlKey || e.metaKey))) ? picks.pick(job, e) : go(['job', job]));
  const ids = visible(route.filter).all;
  const step = async (by) => {
    const at = ids.indexOf(large) + by;
    if (ids[at]) return go(['job', ids[at]], route.filter, true);
    const more = await (by > 0 ? l.older() : l.newer());
    if (more?.length) go(['job', by > 0 ? more[0] : more.at(-1)], route.filter, true);
    else toast(by > 0 ? 'This is the last one.' : 'This is the first one.', { seconds: 2 });
    return undefined;
  };
  return html`<div class="desk"><${Make} given=${given} />
    <main id="main"><h1 class="unseen">Pictures</h1><${Gallery} filter=${route.filter} l=${l} open=${open} edit=${edit} picks=${picks} current=${large} /></main></div>
    <${Picked} picks=${picks} />
    ${large && html`<${Large} id=${large} order=${ids} step=${step} close=${back} edit=${edit} again=${again} />`}
    ${top === 'compare' && id && other && html`<${Compare} ids=${[id, other]} close=${back} open=${(one) => go(['job', one])} />`}`;
}

function App({ session }) {
  const route = useRoute();
  const [given, give] = useState(null);
  const view = route.parts[0] === 'bulk' ? 'bulk' : 'pictures';
  const edit = (job, how = {}) => {
    const draft = drafts.ofJob(job, how);
    if (how.otherModel) draft.model = (modelList().find((m) => m.id !== job.model) || modelOf(job.model))?.alias || '';
    go([]);
    give({ draft });
    if (job.input.image) toast('This one began from an image, which the server does not give back. Drop it into the form again.');
    scrollTo({ top: 0 });
  };
  const again = async (job) => {
    const body = drafts.again(job);
    if (!body) { edit(job, { newSeed: true }); return; }
    toast('Ordered again, with another seed.');
    go([]);
    await order(body).catch(fail);
  };
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.querySelector('main').querySelector('button, input, a')?.focus(); }}>Skip to the pictures</a>
    <${Head} view=${view} session=${session} />
    ${view === 'bulk' ? html`<${Bulk} id=${route.parts[1]} />` : html`<${Pictures} route=${route} given=${given} edit=${edit} again=${again} />`}
    <${Toasts} />`;
}

// Entry asks for a key where one is wanted, and begins.
function Entry() {
  const [session, set] = useState(null);
  const look = () => api.session().then(set, () => setTimeout(look, 2000));
  useEffect(() => {
    api.onRefused(() => set((s) => (s?.signed_in === false ? s : { required: true, signed_in: false })));
    look();
  }, []);
  const inside = session && (!session.required || session.signed_in);
  useEffect(() => { if (inside) begin(); }, [inside]);
  if (!session) return null;
  return inside ? html`<${App} session=${session} />` : html`<${Login} entered=${look} />`;
}

let begun = false;
async function begin() {
  const models = () => api.models().then(setModels, () => setTimeout(models, 3000));
  models();
  if (begun) return;
  begun = true;
  onEnd((job) => learn('simulated', job.simulated));
  resume(fail);
  resumeRemovals();
  run();
}

if (!location.hash) history.replaceState(history.state, '', address([]));
render(html`<${Entry} />`, document.body);

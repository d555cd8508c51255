// The large view: one picture with all that is known of it, and the way to the next with the arrow keys.
import { html, useEffect, useLayoutEffect, useRef } from './vendor/preact.js';
import { cancel, copy, download, remove, setStar } from './acts.js';
import { failureTitle, Shot, Ways } from './card.js';
import { Icon } from './icons.js';
import { isRemoved, jobOf, modelOf, useJob } from './store.js';
import { renew } from './stream.js';
import { toast } from './toast.js';
import { useTick } from './tick.js';
import { many, money, ratioOf, size, since, span, styleName, when } from './words.js';

// useDialog opens a dialog as a modal: the focus stays in it, Escape closes it, and goes back to where it was.
export function useDialog(close, after = () => null) {
  const ref = useRef();
  const last = useRef();
  last.current = after;
  useLayoutEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog.showModal();
    dialog.focus(); // not the first button, which would look chosen
    document.body.classList.add('covered');
    return () => {
      document.body.classList.remove('covered');
      dialog.close(); // while it is a modal nothing beneath takes the focus
      const to = last.current() || before;
      to?.focus?.({ preventScroll: true });
      to?.scrollIntoView?.({ block: 'nearest' });
    };
  }, []);
  return { ref, onCancel: (e) => { e.preventDefault(); close(); } };
}

// facts are all settings and figures of a job, as far as there are any.
export function facts(job) {
  const image = job.images.at(-1);
  const m = modelOf(job.model);
  return [
    ['Not in the picture', job.input.negative_prompt], ['Model', m ? m.name : job.model],
    ['Style', job.input.style_preset && styleName(job.input.style_preset)], ['Shape', !job.input.image && (job.sent.aspect_ratio || job.input.aspect_ratio)],
    ['Size', image && `${image.width} × ${image.height}`], ['Seed', String(image?.seed ?? job.sent.seed ?? '')],
    ['Format', (image ? image.content_type.split('/')[1] : job.sent.output_format)?.toUpperCase()], ['File', image && size(image.size_bytes)],
    ['Input image', job.input.image && `${job.input.image.width} × ${job.input.image.height}, ${size(job.input.image.size_bytes)}`],
    ['Strength', job.sent.strength], ['Ordered', when(job.created_at)],
    ['Waited', job.metrics.queue_ms != null && span(job.metrics.queue_ms / 1000)], ['Drawn in', job.metrics.run_ms != null && span(job.metrics.run_ms / 1000)],
    ['Cost', job.simulated ? `nothing (simulated; ${money(job.cost.list_usd)} at list price)` : `${money(job.cost.list_usd)} at list price`],
    ['Calls', job.model_calls > 1 && String(job.model_calls)], ['Your name for it', job.custom_id], ['For', job.user],
    ...Object.entries(job.metadata || {}),
    ['Removed on', job.expires_at && when(job.expires_at)], ['ID', job.id],
  ].filter(([, v]) => v !== undefined && v !== null && v !== false && v !== '');
}

function Still({ job }) {
  useTick();
  if (job.error) return html`<div class="still failed"><strong>${failureTitle(job.error)}</strong><p>${job.error.message}</p></div>`;
  if (job.status === 'canceled') return html`<div class="still"><strong>Canceled</strong></div>`;
  return html`<div class="still"><strong>${job.status === 'running' ? 'Being drawn' : 'Waiting'}</strong>
    <p>${job.waiting?.message} ${span(since(job.created_at))}</p></div>`;
}

// Photo shows the thumbnail that is there already until the picture itself has come.
function Photo({ job }) {
  if (!job.images.length) return html`<${Still} job=${job} />`;
  const image = job.images.at(-1);
  return html`<div class="photo" style=${{ '--ratio': ratioOf(job), '--width': `${image.width}px` }}>
    ${image.thumbnail_url && html`<img src=${image.thumbnail_url} alt="" class="shown under" />`}
    <${Shot} job=${job} full=${true} lazy=${false} /></div>`;
}

function Buttons({ job, edit, again, erase }) {
  const made = job.images.length > 0;
  const over = job.status !== 'queued' && job.status !== 'running';
  return html`<div class="buttons">
    ${made && over && html`<button type="button" class="primary" onClick=${() => again(job)}><${Icon} name="again" /> Again</button>
    <button type="button" onClick=${() => edit(job)}><${Icon} name="edit" /> Again with changes</button>`}
    ${!over && html`<button type="button" onClick=${() => cancel(job.id)}>Cancel</button>`}
    ${over && !made && html`<${Ways} job=${job} edit=${edit} size="" />`}
    ${made && html`<button type="button" onClick=${() => download(job)}><${Icon} name="down" /> Download</button>`}
    <button type="button" onClick=${() => copy(job.input.prompt, 'Prompt')}><${Icon} name="copy" /> Copy prompt</button>
    ${made && html`<button type="button" onClick=${() => copy(job.urls.image, 'Link')}><${Icon} name="link" /> Copy link</button>`}
    <button type="button" aria-pressed=${Boolean(job.starred)} onClick=${() => setStar([job.id], !job.starred)}><${Icon} name="star" full=${job.starred} /> ${job.starred ? 'Starred' : 'Star'}</button>
    <button type="button" onClick=${erase}><${Icon} name="trash" /> Delete</button>
  </div>`;
}

export function Large({ id, order, step, close, edit, again }) {
  const job = useJob(id);
  const dialog = useDialog(close, () => document.querySelector(`[data-id="${CSS.escape(id)}"] .card-picture`));
  const at = order.indexOf(id);
  const erase = () => {
    if (order[at + 1]) step(1);
    else close();
    remove([id]);
  };
  useEffect(() => {
    if (jobOf(id)) return;
    renew(id).catch((e) => { toast(e.message, { alarm: true }); close(); });
  }, [id]);
  const keys = (e) => {
    if (e.target.matches('input, textarea, select') || e.ctrlKey || e.metaKey || e.altKey) return;
    const to = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[e.key];
    if (to && !(e.target.closest('.details') && e.key.length > 9)) { e.preventDefault(); step(to); }
    if (e.key === 's' && job) setStar([id], !job.starred);
    if (e.key === 'Delete' && job) erase();
  };
  useEffect(() => preload(order[at + 1]), [id]);
  return html`<dialog class="large" tabindex="-1" ref=${dialog.ref} onCancel=${dialog.onCancel} onKeyDown=${keys} aria-label=${job ? job.input.prompt.slice(0, 120) : 'Picture'}>
    <div class="stage" onClick=${(e) => e.target === e.currentTarget && close()}>
      ${job && !isRemoved(id) && html`<${Photo} key=${id} job=${job} />`}
      <button type="button" class="arrow left" aria-label="The one before" disabled=${at === 0} onClick=${() => step(-1)}><${Icon} name="left" /></button>
      <button type="button" class="arrow right" aria-label="The next one" onClick=${() => step(1)}><${Icon} name="right" /></button>
      <button type="button" class="shut" aria-label="Close" onClick=${close}><${Icon} name="close" /></button>
    </div>
    ${job && html`<div class="details">
      <p class="prompt" dir="auto">${job.input.prompt}</p>
      ${job.simulated && html`<p><span class="mark quiet">simulated</span></p>`}
      <${Buttons} job=${job} edit=${edit} again=${again} erase=${erase} />
      <dl>${facts(job).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd dir="auto">${value}</dd></div>`)}
        ${job.batch_id && html`<div><dt>Batch</dt><dd><a href=${'#/bulk/' + job.batch_id}>${job.batch_id.slice(0, 8)}</a></dd></div>`}</dl>
      ${at >= 0 && html`<p class="hint">${at + 1} of ${many(order.length, 'picture')} here · arrow keys lead on, S stars, Delete deletes, Esc closes</p>`}
    </div>`}
  </dialog>`;
}

function preload(id) {
  const image = id && jobOf(id)?.images.at(-1);
  if (image) new Image().src = image.url;
}

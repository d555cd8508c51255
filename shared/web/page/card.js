// A card: one job in the shape of its picture, whatever has become of it.
import { html, useRef, useState } from './vendor/preact.js';
import { cancel, retry, setStar } from './acts.js';
import { Icon } from './icons.js';
import { can, modelOf, useJob } from './store.js';
import { renew } from './stream.js';
import { useTick } from './tick.js';
import { ratioOf, since, span } from './words.js';

const addressOf = (image, full) => (!full && image.thumbnail_url) || image.url;

// Shot is a picture that fades in. An address that has expired is renewed, twice at the most, while nothing broken shows.
export function Shot({ job, full = false, lazy = true, alt }) {
  const image = job.images.at(-1);
  const src = addressOf(image, full);
  const [shown, show] = useState(false);
  const [lost, lose] = useState(false);
  const [turn, anew] = useState(0);
  const tries = useRef(0);
  const there = () => {
    tries.current = 0;
    lose(false);
    show(true);
  };
  const broken = async () => {
    show(false);
    if (tries.current++ > 1) {
      lose(true);
      return;
    }
    const now = await renew(job.id).catch(() => null);
    if (!now?.images.length || addressOf(now.images.at(-1), full) === src) anew((n) => n + 1);
  };
  return html`<img key=${turn} src=${src} alt=${alt ?? job.input.prompt} loading=${lazy ? 'lazy' : 'eager'} decoding="async" draggable=${false}
    class=${shown ? 'shown' : ''} onLoad=${there} onError=${broken} />
    ${lost && html`<span class="card-words">The picture cannot be shown. Reload the page.</span>`}`;
}

// Prompt is what a screen reader says of a card without a picture.
const Prompt = ({ job }) => html`<span class="unseen">: ${job.input.prompt}. </span>`;

// Waiting says what happens with a job that is under way, and for how long.
function Waiting({ job }) {
  useTick();
  const running = job.status === 'running';
  const left = job.waiting && -since(job.waiting.until);
  const why = running ? 'Being drawn' : job.waiting ? reasons[job.waiting.code] || job.waiting.message : 'Next in line';
  return html`<span class="card-words">
    <strong>${why}</strong><${Prompt} job=${job} />
    <span class="time">${span(since(running && job.started_at ? job.started_at : job.created_at))}${!running && left > 1 ? `, about ${span(left)} more` : ''}</span>
  </span>`;
}

const reasons = {
  pace: 'Waits for its turn', access: 'Waits for access to the model', credentials: 'Waits for AWS credentials',
  throttled: 'Bedrock is busy', outage: 'Bedrock does not answer', budget: 'Waits for the next day’s budget',
};

const titles = {
  content_filtered: 'Kept back by moderation', invalid_request: 'Refused by the model', model_unavailable: 'Model not available',
  attempts_exhausted: 'No attempt is left', expired: 'Its time was over', model_error: 'The model failed', internal: 'Easel failed',
  over_max_cost: 'Over the budget',
};
export const failureTitle = (error) => titles[error.code] || error.code;

// Ways are what helps after a failure: what is most likely to comes first.
export function Ways({ job, edit, tab, size = 'small' }) {
  const again = html`<button type="button" class=${size} tabindex=${tab} onClick=${() => retry(job.id)}>Retry</button>`;
  const change = html`<button type="button" class=${size} tabindex=${tab} onClick=${() => edit(job)}>Edit</button>`;
  const other = html`<button type="button" class=${size} tabindex=${tab} onClick=${() => edit(job, { otherModel: true })}>Other model</button>`;
  if (job.status === 'canceled' || job.error?.retryable) return [again, change, other];
  return job.error?.code === 'model_unavailable' ? [other, again] : [change, other];
}

function Failed({ job }) {
  if (job.status === 'canceled') return html`<span class="card-words"><strong>Canceled</strong><${Prompt} job=${job} /></span>`;
  return html`<span class="card-words failed"><strong>${failureTitle(job.error)}</strong><${Prompt} job=${job} /><span class="why">${job.error.message}</span></span>`;
}

function Inside({ job }) {
  if (job.images.length) return html`<${Shot} job=${job} />`;
  if (job.status === 'queued' || job.status === 'running') return html`<${Waiting} job=${job} />`;
  return html`<${Failed} job=${job} />`;
}

// shapeOf is the ratio of a card. One without a picture to come may be wide enough for its words.
export function shapeOf(job) {
  const ratio = ratioOf(job);
  return job.images.length || job.status === 'queued' || job.status === 'running' ? ratio : Math.max(1.2, ratio);
}

// Card draws a job. pick is what its check box does, with the event, to tell a range; without it there is none.
export function Card({ id, style, open, pick, picked, edit, fresh, current, tab }) {
  const job = useJob(id);
  if (!job) return null;
  const over = job.status === 'failed' || job.status === 'canceled';
  return html`<figure class=${`card is-${job.status}${picked ? ' picked' : ''}${current ? ' current' : ''}`} data-id=${id} style=${style}>
    <button type="button" class="card-picture" tabindex=${tab} onClick=${(e) => open(id, e)}><${Inside} job=${job} /></button>
    ${pick && html`<label class="corner pick"><input type="checkbox" tabindex=${tab} checked=${picked} onClick=${(e) => pick(id, e)} aria-label=${'Select: ' + job.input.prompt} /></label>`}
    ${can('stars') !== false && html`<button type="button" class=${'corner star' + (job.starred ? ' on' : '')} aria-pressed=${Boolean(job.starred)} tabindex=${tab}
      aria-label=${'Star: ' + job.input.prompt} onClick=${() => setStar([id], !job.starred)}><${Icon} name="star" full=${job.starred} /></button>`}
    <figcaption class="card-caption"><span class="line" dir="auto" title=${job.input.prompt}>${job.input.prompt}</span>
      ${(fresh || (over && edit)) && html`<${Foot} job=${job} over=${over} edit=${edit} tab=${tab} />`}</figcaption>
  </figure>`;
}

// Foot has what can be done at once with a job that has just been ordered.
function Foot({ job, over, edit, tab }) {
  if (over && !job.images.length) return html`<span class="ways"><${Ways} job=${job} edit=${edit} tab=${tab} /></span>`;
  if (job.status === 'queued') return html`<span class="ways"><button type="button" class="small" tabindex=${tab} onClick=${() => cancel(job.id)}>Cancel</button></span>`;
  return html`<span class="card-facts">${modelOf(job.model)?.alias || job.model}${job.metrics?.run_ms ? ` · ${span(job.metrics.run_ms / 1000)}` : ''}</span>`;
}

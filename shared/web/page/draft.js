// The draft of an order: what was typed survives a reload, and what is sent is made of it.
import { modelOf, defaultModel } from './store.js';

const kept = 'easel.draft';
const empty = {
  prompt: '', negative: '', model: '', ratio: '1:1', style: '', format: '', seedMode: 'new', seed: '', runs: 1, strength: '', image: null,
};

export function load() {
  try {
    return { ...empty, ...JSON.parse(localStorage.getItem(kept) || '{}'), image: null };
  } catch {
    return { ...empty };
  }
}

// save leaves the input image out: it may be larger than what browsers keep here.
export function save(draft) {
  try {
    localStorage.setItem(kept, JSON.stringify({ ...draft, image: null }));
  } catch { /* a browser that keeps nothing has a draft until the next reload */ }
}

export const model = (draft) => modelOf(draft.model) || defaultModel();

export const takes = (draft, member) => Boolean(model(draft)?.parameters?.includes(member));

export const runsOf = (draft) => (draft.seedMode === 'variants' ? 4 : 1) * Math.max(1, Math.min(100, Math.round(draft.runs) || 1));

// request is the draft as the API wants it. What the chosen model does not take is left out, as the form does not show it.
export function request(draft, withImage = true) {
  const body = { prompt: draft.prompt };
  const set = (name, value) => { if (value !== '' && value != null) body[name] = value; };
  set('model', draft.model);
  if (takes(draft, 'negative_prompt')) set('negative_prompt', draft.negative.trim());
  set('style_preset', draft.style);
  set('output_format', draft.format);
  if (draft.seedMode !== 'new' && draft.seed !== '') set('seed', Number(draft.seed));
  const image = draft.image && takes(draft, 'image') && draft.image;
  if (!image) set('aspect_ratio', draft.ratio);
  if (image && withImage) {
    body.image = image.data;
    set('strength', draft.strength === '' ? null : Number(draft.strength));
  }
  return body;
}

// ofJob is a draft that asks for the same again. Its seed is kept, so that one changed word changes little else.
export function ofJob(job, { otherModel = false, newSeed = false } = {}) {
  const input = job.input;
  const draft = {
    ...empty, prompt: input.prompt, negative: input.negative_prompt || '', model: modelOf(job.model)?.alias || '',
    ratio: input.aspect_ratio || '1:1', style: input.style_preset || '', format: input.output_format || '',
    seedMode: newSeed ? 'new' : 'lock', seed: newSeed ? '' : String(job.images.at(-1)?.seed ?? job.sent.seed ?? ''),
    strength: input.strength != null ? String(input.strength) : '',
  };
  if (otherModel) draft.model = '';
  return draft;
}

// again is the same request once more with another seed; null where it began from an image, which the server describes
// and does not give back.
export function again(job) {
  if (job.input.image || job.input.mask) return null;
  const { seed, ...body } = job.input;
  return { ...body, model: job.model, ...(job.metadata ? { metadata: job.metadata } : {}) };
}

// places says at which field of the form a problem's pointer belongs.
const places = {
  prompt: 'prompt', negative_prompt: 'negative', model: 'model', aspect_ratio: 'ratio', style_preset: 'style', output_format: 'format',
  seed: 'seed', image: 'image', strength: 'strength', runs: 'runs',
};

export function problemsOf(error) {
  const found = {};
  const rest = [];
  for (const f of error.fields || []) {
    const name = places[(f.pointer || '/' + (f.parameter || '')).replace(/^\/jobs\/0/, '').split('/')[1]];
    if (name) found[name] = f.detail;
    else rest.push(f.detail);
  }
  if (rest.length || !Object.keys(found).length) found.all = rest.join(' ') || error.message;
  return found;
}

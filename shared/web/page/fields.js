// The controls of the form that a plain field does not do: shapes, models, seed, and an image that is dropped.
import { html, useRef, useState } from './vendor/preact.js';
import { Icon } from './icons.js';
import { modelList } from './store.js';
import { money, number, ratio, size } from './words.js';

// Field is a control with its name and what is wrong with it.
export function Field({ name, label, problem, hint, children }) {
  return html`<div class=${'field' + (problem ? ' wrong' : '')} data-field=${name}>
    ${label && html`<label class="field-name" for=${'f-' + name}>${label}</label>`}
    ${children}
    ${problem ? html`<p class="problem" id=${'p-' + name} role="alert">${problem}</p>` : hint && html`<p class="hint">${hint}</p>`}
  </div>`;
}

// marks are what a control says to a screen reader about its problem.
export const marks = (name, problem) => ({ id: 'f-' + name, 'aria-invalid': problem ? 'true' : undefined, 'aria-describedby': problem ? 'p-' + name : undefined });

// Choice is a row of radio buttons that look like one control.
export function Choice({ name, legend, options, value, set, problem, children }) {
  return html`<fieldset class=${'choice' + (problem ? ' wrong' : '')} data-field=${name}>
    <legend class="field-name">${legend}</legend>
    <div class="segments">${options.map(([v, text]) => html`<label key=${v}><input type="radio" name=${name} value=${v} checked=${v === value} onChange=${() => set(v)} /><span>${text}</span></label>`)}</div>
    ${children}
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
  </fieldset>`;
}

// Shapes draws each aspect ratio as what it is.
export function Shapes({ options, value, set, problem, disabled }) {
  const box = 26;
  return html`<fieldset class=${'choice shapes' + (problem ? ' wrong' : '')} data-field="ratio" disabled=${disabled}>
    <legend class="field-name">Shape</legend>
    <div class="tiles">${options.map((r) => {
      const wide = ratio(r);
      const style = { width: `${wide >= 1 ? box : box * wide}px`, height: `${wide >= 1 ? box / wide : box}px` };
      return html`<label key=${r}><input type="radio" name="ratio" value=${r} checked=${r === value} onChange=${() => set(r)} />
        <span class="tile"><span class="box"><span class="shape" style=${style}></span></span>${r}</span></label>`;
    })}</div>
    ${disabled && html`<p class="hint">The picture takes the shape of the input image.</p>`}
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
  </fieldset>`;
}

// Models are told with what one has to know to choose: price, pace, and what they take.
export function Models({ value, set, problem }) {
  return html`<fieldset class=${'choice models' + (problem ? ' wrong' : '')} data-field="model">
    <legend class="field-name">Model</legend>
    ${modelList().map((m) => html`<label key=${m.alias} class="model"><input type="radio" name="model" value=${m.alias} checked=${m.alias === value} onChange=${() => set(m.alias)} />
      <span class="model-name">${m.name}</span><span class="model-price">${money(m.price_usd)}</span>
      <span class="model-facts">${pace(m)}${m.image ? ' · can start from an image' : ''} · ${number(m.max_prompt)} characters</span></label>`)}
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
  </fieldset>`;
}

const pace = (m) => `${number(Math.round(m.pace_per_minute ?? m.requests_per_minute))} a minute`;

// read takes a file for an input image, or says what is wrong with it.
export async function readImage(file, limits) {
  const kind = file.type.replace('image/', '');
  if (!limits.types.includes(kind)) throw new Error(`This is no ${limits.types.map((t) => t.toUpperCase()).join(', ')} image.`);
  if (file.size > limits.max_bytes) throw new Error(`The image has ${size(file.size)}, and at most ${size(limits.max_bytes)} are taken.`);
  const url = URL.createObjectURL(file);
  const data = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(new Error('The file cannot be read.'));
    reader.readAsDataURL(file);
  });
  return { name: file.name, url, data, bytes: file.size };
}

// imageOf is the first image among what was dropped or pasted.
export const imageOf = (transfer) => [...(transfer?.files || [])].find((f) => f.type.startsWith('image/'));

// Drop takes an image by a drop, by a click, or from the clipboard wherever the form has the focus.
export function Drop({ image, take, clear, problem, strength, setStrength, strengthProblem, standard }) {
  const input = useRef();
  const [over, setOver] = useState(false);
  const drop = (e) => {
    e.preventDefault();
    setOver(false);
    const file = imageOf(e.dataTransfer);
    if (file) take(file);
  };
  const value = strength === '' ? standard : Number(strength);
  return html`<div class=${'field drop' + (over ? ' over' : '') + (problem ? ' wrong' : '')} data-field="image"
      onDragOver=${(e) => { e.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <span class="field-name" id="image-name">Start from an image</span>
    <input type="file" ref=${input} accept="image/png,image/jpeg,image/webp" class="unseen" tabindex="-1" aria-labelledby="image-name"
      onChange=${(e) => { if (e.target.files[0]) take(e.target.files[0]); e.target.value = ''; }} />
    ${image ? html`<div class="given"><img src=${image.url} alt="The input image" />
        <div><span class="line">${image.name || 'Pasted image'}</span><span class="hint">${size(image.bytes)}</span>
        <button type="button" class="small" onClick=${clear}>Remove</button></div></div>
      <label class="field-name" for="f-strength">Strength <output>${value}</output></label>
      <input type="range" id="f-strength" min="0" max="1" step="0.05" value=${value} onInput=${(e) => setStrength(e.target.value)} />
      <p class="hint">0 keeps the image, 1 ignores it.</p>
      ${strengthProblem && html`<p class="problem" role="alert">${strengthProblem}</p>`}`
      : html`<button type="button" class="well" onClick=${() => input.current.click()}><${Icon} name="image" /> Drop, paste or choose one</button>`}
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
  </div>`;
}

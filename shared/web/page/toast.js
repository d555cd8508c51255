// Short messages at the foot of the page, and the time to undo what they tell of.
import { html, useEffect, useReducer } from './vendor/preact.js';

let toasts = [];
let draw = () => {};
let count = 0;

function set(list) {
  toasts = list;
  draw();
}

export const dismiss = (id) => set(toasts.filter((t) => t.id !== id));

// toast shows a text for a while; with an undo for as long as that is possible.
export function toast(text, { undo, seconds = undo ? 8 : 5, alarm = false } = {}) {
  const id = ++count;
  set([...toasts, { id, text, undo, alarm, ends: Date.now() + seconds * 1000 }].slice(-4));
  setTimeout(() => dismiss(id), seconds * 1000);
  return id;
}

export const fail = (e) => toast(e.message, { alarm: true, seconds: 9 });

// tried runs what a button does and tells what went wrong with it.
export const tried = (work) => async (...args) => {
  try {
    return await work(...args);
  } catch (e) {
    fail(e);
    return undefined;
  }
};

export function Toasts() {
  const [, again] = useReducer((n) => n + 1, 0);
  useEffect(() => { draw = again; }, []);
  const counting = toasts.some((t) => t.undo);
  useEffect(() => {
    if (!counting) return undefined;
    const timer = setInterval(again, 500);
    return () => clearInterval(timer);
  }, [counting]);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.map((t) => html`<div class=${'toast' + (t.alarm ? ' alarm' : '')} key=${t.id}>
      <span>${t.text}</span>
      ${t.undo && html`<button type="button" onClick=${() => { dismiss(t.id); t.undo(); }}>Undo
        <span aria-hidden="true"> (${Math.max(0, Math.ceil((t.ends - Date.now()) / 1000))})</span></button>`}
      ${!t.undo && html`<button type="button" class="plain" aria-label="Close this message" onClick=${() => dismiss(t.id)}>×</button>`}
    </div>`)}
  </div>`;
}

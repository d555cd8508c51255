// Make: the form that orders a picture, with what it costs and how long it takes before the button.
import { html, useEffect, useRef, useState } from './vendor/preact.js';
import { sendLines } from './api.js';
import * as drafts from './draft.js';
import { Choice, Drop, Field, imageOf, marks, Models, readImage, Shapes } from './fields.js';
import { Icon } from './icons.js';
import { order } from './orders.js';
import { can, modelList, use } from './store.js';
import { styles } from './styles.js';
import { fail } from './toast.js';
import { many, money, span, styleName } from './words.js';

// useEstimate asks for a dry run of the draft a moment after it has changed. It tells what is wrong with it too.
function useEstimate(draft) {
  const [estimate, set] = useState({});
  const body = drafts.request(draft, false);
  const asked = JSON.stringify([body, drafts.runsOf(draft), modelList().length]);
  useEffect(() => {
    if (!modelList().length) return undefined;
    const control = new AbortController();
    const timer = setTimeout(async () => {
      const line = JSON.stringify({ ...body, prompt: body.prompt.trim() ? body.prompt : 'a picture' });
      try {
        const plan = await sendLines('/batches', line, 'application/x-ndjson', { dry_run: true, runs: drafts.runsOf(draft) }, null, control.signal);
        set({ asked, plan });
      } catch (e) {
        if (e.name !== 'AbortError') set({ asked, problems: e.fields ? drafts.problemsOf(e) : { all: e.message } });
      }
    }, 300);
    return () => { clearTimeout(timer); control.abort(); };
  }, [asked]);
  return { ...estimate, current: estimate.asked === asked };
}

// Price says what the button costs.
function Price({ estimate, runs }) {
  if (!estimate.plan) return html`<p class="price quiet">${estimate.problems ? 'See above what is wrong.' : 'Asking what it costs …'}</p>`;
  const { plan } = estimate;
  const free = can('simulated');
  return html`<p class=${'price' + (estimate.current ? '' : ' quiet')}><strong>${money(plan.cost_usd)}</strong>${runs > 1 ? ` for ${many(runs, 'picture')}` : ''} · about ${span(Math.max(1, plan.seconds))}
    ${plan.daily_budget_usd != null && html`<br />beyond the daily budget of ${money(plan.daily_budget_usd)}: the rest waits`}
    ${free && html`<br /><span class="quiet">simulated, not paid</span>`}</p>`;
}

function Seed({ draft, change, problem, max }) {
  return html`<${Choice} name="seed" legend="Seed" value=${draft.seedMode} problem=${problem} set=${(seedMode) => change({ seedMode })}
      options=${[['new', 'New'], ['lock', 'Lock'], ['variants', '4 variants']]}>
    ${draft.seedMode !== 'new' && html`<div class="with-button"><input type="number" inputmode="numeric" min="0" max=${max} step="1" id="f-seed" aria-label=${draft.seedMode === 'lock' ? 'The seed' : 'The first seed; empty: new ones'}
      placeholder=${draft.seedMode === 'lock' ? 'a number, such as 7' : 'new ones'} value=${draft.seed} onInput=${(e) => change({ seed: e.target.value })} /></div>`}
  </${Choice}>`;
}

// Settings are everything but the prompt. A phone folds them away.
function Settings({ draft, change, problems, takeImage }) {
  const model = drafts.model(draft);
  if (!model) return html`<p class="hint">Asking which models there are …</p>`;
  return html`<div class="settings">
    ${drafts.takes(draft, 'negative_prompt') && html`<${Field} name="negative" label="Not in the picture" problem=${problems.negative}>
      <input ...${marks('negative', problems.negative)} dir="auto" placeholder="people, text" value=${draft.negative} onInput=${(e) => change({ negative: e.target.value })} /></${Field}>`}
    <${Models} value=${model.alias} problem=${problems.model} set=${(alias) => change({ model: alias })} />
    <${Shapes} options=${model.aspect_ratios || []} value=${draft.ratio} problem=${problems.ratio} disabled=${Boolean(draft.image && model.image)} set=${(ratio) => change({ ratio })} />
    <div class="pair">
      <${Field} name="style" label="Style" problem=${problems.style}>
        <select ...${marks('style', problems.style)} value=${draft.style} onChange=${(e) => change({ style: e.target.value })}>
          <option value="">None</option>${styles.map((s) => html`<option key=${s} value=${s}>${styleName(s)}</option>`)}
        </select></${Field}>
      <${Field} name="runs" label="Runs" problem=${problems.runs}>
        <input type="number" min="1" max="100" step="1" ...${marks('runs', problems.runs)} value=${draft.runs} onInput=${(e) => change({ runs: e.target.value })} /></${Field}>
    </div>
    <${Seed} draft=${draft} change=${change} problem=${problems.seed} max=${model.max_seed} />
    <${Choice} name="format" legend="Format" value=${draft.format || model.output_formats?.[0]} problem=${problems.format} set=${(format) => change({ format })}
      options=${(model.output_formats || []).map((f) => [f, f.toUpperCase()])} />
    ${model.image ? html`<${Drop} image=${draft.image} take=${takeImage} clear=${() => change({ image: null, strength: '' })} problem=${problems.image}
      strength=${draft.strength} setStrength=${(strength) => change({ strength })} strengthProblem=${problems.strength} standard=${model.image.default_strength} />`
      : problems.image && html`<p class="problem" role="alert">${problems.image}</p>`}
  </div>`;
}

// fitted keeps of the draft what its model takes.
function fitted(draft) {
  const model = drafts.model(draft);
  if (!model) return draft;
  const fit = { ...draft };
  if (fit.format && !model.output_formats.includes(fit.format)) fit.format = '';
  if (!model.aspect_ratios.includes(fit.ratio)) [fit.ratio] = model.aspect_ratios;
  return fit;
}

export function Make({ given, shown }) {
  use('models');
  use('abilities');
  const [draft, setDraft] = useState(drafts.load);
  const [problems, setProblems] = useState({});
  const [folded, fold] = useState(true);
  const prompt = useRef();
  const estimate = useEstimate(draft);
  const latest = useRef(draft); // of what was typed a moment ago and is not drawn yet, too
  const replace = (d) => {
    latest.current = fitted(d);
    drafts.save(latest.current);
    setDraft(latest.current);
  };
  const change = (part) => {
    setProblems((p) => Object.fromEntries(Object.entries(p).filter(([name]) => !(name in part) && name !== 'all')));
    replace({ ...latest.current, ...part });
  };
  useEffect(() => {
    if (!given) return;
    setProblems({});
    replace(given.draft);
    prompt.current?.focus();
  }, [given]);
  const takeImage = async (file) => {
    const chosen = drafts.model(latest.current);
    const model = chosen?.image ? chosen : modelList().find((m) => m.image);
    if (!model) return;
    try {
      change({ model: model.alias, image: await readImage(file, model.image) });
      fold(false);
    } catch (e) {
      setProblems((p) => ({ ...p, image: e.message }));
    }
  };
  const send = async (e) => {
    e?.preventDefault();
    const now = latest.current;
    if (!now.prompt.trim()) {
      setProblems({ prompt: 'Say what the picture is to show.' });
      prompt.current.focus();
      return;
    }
    setProblems({});
    try {
      shown?.();
      await order(drafts.request(now), drafts.runsOf(now));
    } catch (failure) {
      if (!failure.fields) { fail(failure); return; }
      const found = drafts.problemsOf(failure);
      setProblems(found);
      fold(false);
      setTimeout(() => document.querySelector('.make .wrong :is(input, textarea, select, button)')?.focus());
    }
  };
  const known = { ...(estimate.current && draft.prompt.trim() ? estimate.problems : {}), ...problems };
  return html`<form class=${'make' + (folded ? ' folded' : '')} aria-label="Make a picture" noValidate onSubmit=${send}
      onKeyDown=${(e) => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) send(e); }}
      onPaste=${(e) => { const file = imageOf(e.clipboardData); if (file) { e.preventDefault(); takeImage(file); } }}
      onDragOver=${(e) => e.preventDefault()} onDrop=${(e) => { const file = imageOf(e.dataTransfer); if (file && !e.defaultPrevented) { e.preventDefault(); takeImage(file); } }}>
    <div class="make-body">
      <${Field} name="prompt" label="Prompt" problem=${known.prompt}>
        <textarea ref=${prompt} ...${marks('prompt', known.prompt)} rows="4" dir="auto" placeholder="A red fox in the snow, morning light" value=${draft.prompt} onInput=${(e) => change({ prompt: e.target.value })}></textarea></${Field}>
      <button type="button" class="fold" aria-expanded=${!folded} onClick=${() => fold(!folded)}><${Icon} name="sliders" /> Settings <span class="quiet">${summary(draft)}</span></button>
      <${Settings} draft=${draft} change=${change} problems=${known} takeImage=${takeImage} />
    </div>
    <div class="make-foot">
      ${known.all && html`<p class="problem" role="alert">${known.all}</p>`}
      <${Price} estimate=${estimate} runs=${drafts.runsOf(draft)} />
      <button type="submit" class="primary">Make <kbd aria-hidden="true">Ctrl ↵</kbd></button>
    </div>
  </form>`;
}

const summary = (draft) => [drafts.model(draft)?.alias, draft.ratio, draft.style && styleName(draft.style)].filter(Boolean).join(' · ');

// What a file of prompts is taken for: its encoding, format, separator and columns, by the rules of shared/prompt. The
// server reads the rows; this is for the plan that a person sees, and to cut what is too long for one request.
export const members = ['prompt', 'model', 'negative_prompt', 'aspect_ratio', 'seed', 'style_preset', 'output_format', 'image', 'strength',
  'parameters', 'custom_id', 'user', 'deadline_seconds', 'max_model_calls', 'embed'];
const aliases = [['id', 'custom_id'], ['negative', 'negative_prompt'], ['aspect', 'aspect_ratio'], ['ratio', 'aspect_ratio'],
  ['style', 'style_preset'], ['format', 'output_format']];

const fold = (name) => name.replace(/[\s_-]/gu, '').toLowerCase();
const called = (name) => members.find((m) => fold(m) === fold(name)) || aliases.find(([a]) => a === fold(name))?.[1] || '';
const reported = (name) => /^[\s\ufeff"'\u200b]*easel_/i.test(name);

// decode reads the bytes of a file: UTF-8, UTF-16 with a mark, else what Windows writes in the west.
export function decode(bytes) {
  const b = new Uint8Array(bytes);
  if (b[0] === 0xff && b[1] === 0xfe) return { text: new TextDecoder('utf-16le').decode(b), encoding: 'UTF-16' };
  if (b[0] === 0xfe && b[1] === 0xff) return { text: new TextDecoder('utf-16be').decode(b), encoding: 'UTF-16' };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(b), encoding: 'UTF-8' };
  } catch {
    return { text: new TextDecoder('windows-1252').decode(b), encoding: 'Windows-1252' };
  }
}

// apart cuts a line at a separator outside quotes.
function apart(line, sep) {
  const names = [''];
  let quoted = false;
  for (const c of line) {
    if (c === '"') quoted = !quoted;
    if (c === sep && !quoted) names.push('');
    else names[names.length - 1] += c;
  }
  return names.map((n) => n.trim().replace(/^"+|"+$/g, ''));
}

// separator prefers what gives a column for the prompts to what gives more columns.
function separator(header) {
  let best = '';
  let most = 1;
  let found = false;
  for (const sep of [',', ';', '\t']) {
    const names = apart(header, sep);
    const fits = names.some((n) => fold(n) === 'prompt');
    if ((names.length > most && fits === found) || (names.length > 1 && fits && !found)) [best, most, found] = [sep, names.length, fits];
  }
  return best;
}

const json = /^(?:\[\s*)?\{\s*(?:$|\}|"(?:[^"\\]|\\.)*"\s*[:"])|^\[\s*(?:\]|$)/;

function formatOf(line, name) {
  if (json.test(line)) return 'ndjson';
  const sep = separator(line);
  const names = sep ? apart(line, sep) : [line.trim().replace(/^"+|"+$/g, '')];
  if (/^"?sep=.$/i.test(line.trim()) || line.trim().includes('\t') || names.some((n) => fold(n) === 'prompt' || reported(n))
    || (sep && names.filter(called).length > 1)) return 'csv';
  return { csv: 'csv', tsv: 'csv', ndjson: 'ndjson', jsonl: 'ndjson', json: 'ndjson' }[name.split('.').pop().toLowerCase()] || 'text';
}

// columns says what each name of a header stands for: as a person has said, by a member's name, by an alias, else metadata.
export function columns(names, said = {}) {
  const at = {};
  for (const [member, header] of Object.entries(said)) at[member] = header === '' ? -1 : names.indexOf(header);
  const used = () => Object.values(at);
  const claim = (member, header) => {
    if (member in at) return;
    const n = names.findIndex((name, i) => fold(name) === fold(header) && !used().includes(i));
    if (n >= 0) at[member] = n;
  };
  members.forEach((m) => claim(m, m));
  aliases.forEach(([a, m]) => claim(m, a));
  return names.map((header, i) => {
    const member = members.find((m) => at[m] === i);
    if (member) return { header, member };
    return reported(header) ? { header, report: true } : { header, metadata: true };
  }).filter((c) => c.header);
}

// order makes an object of a file what a request may be: what stands for no member becomes metadata, as in a table.
function order(row) {
  const plain = (v) => v === Object(v) && !Array.isArray(v);
  if (!plain(row) || !plain(row.metadata ?? {})) throw new TypeError('no object');
  const made = {};
  const metadata = { ...row.metadata };
  for (const c of columns(Object.keys(row).filter((name) => name !== 'metadata'))) {
    const value = row[c.header];
    if (c.member) made[c.member] = value;
    else if (!c.report && value != null && value !== '') metadata[c.header] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  return JSON.stringify(Object.keys(metadata).length ? { ...made, metadata } : made);
}

// objects are the rows of JSON as the API takes them. What cannot be read stays as it is: the server says what is wrong.
function objects(text) {
  const one = (line) => {
    try { return order(JSON.parse(line)); } catch { return line; }
  };
  if (!text.trimStart().startsWith('[')) return text.split(/\r?\n|\r/).map((line) => (line.trim() ? one(line) : '')).join('\n');
  try { return JSON.parse(text).map(order).join('\n'); } catch { return text; }
}

// names are those of all objects: each may have others.
function namesIn(rows) {
  const names = new Set();
  for (const row of rows) {
    try { Object.keys(JSON.parse(row)).forEach((name) => names.add(name)); } catch { /* the plan says what is wrong */ }
  }
  return [...names];
}

// take looks at a text and says what it is.
export function take(text, name = '', format = '') {
  const clean = text.replace(/^\ufeff/, '');
  const start = clean.trimStart();
  let line = start.split(/\r?\n|\r/, 1)[0];
  const kind = format || formatOf(line, name);
  const taken = { text: clean, name, format: kind, separator: '', names: [], rows: 0 };
  if (kind === 'csv') {
    if (/^"?sep=.$/i.test(line.trim())) line = start.split(/\r?\n/, 2)[1] || '';
    taken.separator = separator(line);
    taken.names = taken.separator ? apart(line, taken.separator) : [line.trim().replace(/^"+|"+$/g, '')];
  }
  if (kind === 'ndjson') {
    taken.names = namesIn(records(clean, kind));
    taken.text = objects(clean);
  }
  taken.records = records(taken.text, kind);
  taken.rows = taken.records.length - (kind === 'csv' ? 1 : 0);
  return taken;
}

// records parts a text where a request can be cut: a row of a CSV may hold line ends in quotes.
function records(text, format) {
  if (format === 'ndjson' && text.trimStart().startsWith('[')) {
    try { return JSON.parse(text).map((o) => JSON.stringify(o)); } catch { return [text]; }
  }
  if (format !== 'csv') return text.split(/\r?\n|\r/).filter((l) => l.trim());
  const all = [];
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    if (text[i] === '\n' && !quoted) {
      all.push(text.slice(from, i));
      from = i + 1;
    }
  }
  all.push(text.slice(from));
  return all.filter((r) => r.trim() && !/^"?sep=.$/i.test(r.trim()));
}

export const types = { csv: 'text/csv', ndjson: 'application/x-ndjson', text: 'text/plain' };

// parts cuts what was taken into bodies that one request each may hold.
export function parts(taken, rows = 2500, bytes = 3_500_000) {
  if (taken.rows <= rows && taken.text.length <= bytes / 3) return [taken.text];
  const head = taken.format === 'csv' ? taken.records[0] + '\n' : '';
  const all = [];
  let body = head;
  let n = 0;
  for (const record of taken.records.slice(head ? 1 : 0)) {
    if (n === rows || (n && body.length + record.length > bytes / 3)) {
      all.push(body);
      [body, n] = [head, 0];
    }
    body += record + '\n';
    n++;
  }
  if (n) all.push(body);
  return all;
}

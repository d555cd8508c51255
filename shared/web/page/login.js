// The key is asked for once and changed for a cookie that no script can read. It is kept nowhere on this page.
import { html, useEffect, useRef, useState } from './vendor/preact.js';
import { signIn } from './api.js';

export function Login({ entered }) {
  const [wrong, setWrong] = useState('');
  const input = useRef();
  useEffect(() => input.current.focus(), []);
  const send = async (e) => {
    e.preventDefault();
    try {
      await signIn(input.current.value.trim());
      entered();
    } catch (problem) {
      setWrong(problem.message);
      input.current.select();
    }
  };
  return html`<main class="login"><form onSubmit=${send}><h1>Easel</h1>
    <label class="field-name" for="key">Key</label>
    <input ref=${input} id="key" type="password" autocomplete="current-password" required aria-invalid=${wrong ? 'true' : undefined} aria-describedby=${wrong ? 'key-wrong' : undefined} />
    ${wrong && html`<p class="problem" id="key-wrong" role="alert">${wrong}</p>`}
    <p class="hint">Whoever runs this server has given you one. It is sent once and not kept in the browser.</p>
    <button type="submit" class="primary">Sign in</button></form></main>`;
}

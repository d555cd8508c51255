import { html } from './vendor/preact.js';
export const Bulk = () => html`<main id="main"></main>`;

/** How the page looks. */

/** Inks reach a contrast of at least 4.5 : 1 on their grounds, in both schemes. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fbfbfa; --panel: #fff; --ink: #1b1e23; --muted: #575e68; --rule: #dde0e4;
  --series-1: #1f5fae; --series-2: #b3500b; --series-3: #2a7a4b; --series-4: #7b3fa0; --note: #fdf3dc;
  --heat-right: #1d4f91; --heat-wrong: #8a370b; --heat-ink-weak: #000; --heat-ink-strong: #fff; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #131519; --panel: #191c21; --ink: #e6e8eb; --muted: #a3abb6; --rule: #30353d;
  --series-1: #7db1f5; --series-2: #f0a35e; --series-3: #6fcf97; --series-4: #c99bea; --note: #3a2f16;
  --heat-right: #6b94d4; --heat-wrong: #d07c40; --heat-ink-weak: #fff; --heat-ink-strong: #000; } }
* { box-sizing: border-box; }
.beside > *, .mistakes span { max-width: 100%; }
.columns > * { min-width: 0; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 80px; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 24px; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 48px 0 12px; }
h3 { font-size: 1rem; margin: 0 0 8px; } p { max-width: 70ch; margin: 0 0 16px; }
.note { background: var(--note); padding: 10px 14px; border-radius: 6px; margin-top: 16px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 0; }
.tiles > div, figure, pre { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; }
.tiles > div { padding: 14px 16px; } dd { margin: 0; }
dt, .tiles span, .key { color: var(--muted); font-size: .875rem; }
.tiles strong { display: block; font-size: 1.6rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
figure { margin: 0; padding: 16px; }
figure, pre, .scroll { overflow-x: auto; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px;
  align-items: start; }
.charts svg { display: block; width: 100%; height: auto; min-width: 440px; max-width: 720px; }
.map svg { display: block; }
.beside { display: flex; flex-wrap: wrap; gap: 32px; align-items: flex-start; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); column-gap: 48px; }
table { border-collapse: collapse; font-size: .9375rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 24px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
thead th, .facts th { color: var(--muted); font-weight: 500; }
thead th, td.n { white-space: nowrap; }
.n { text-align: right; }
.facts { width: 100%; }
.facts td { overflow-wrap: anywhere; }
.mistakes { display: flex; flex-wrap: wrap; gap: 20px; list-style: none; margin: 0; padding: 0; }
.mistakes li { display: flex; flex-direction: column; align-items: flex-start; min-width: 140px; width: min-content;
  font-size: .9375rem; line-height: 1.4; overflow-wrap: break-word; }
.mistakes div { display: flex; align-items: flex-start; gap: 4px; margin: 0 0 6px; }
.mistakes img { min-width: 112px; max-width: min(224px, 45vw); image-rendering: pixelated; border-radius: 4px; }
.filters { display: flex; flex-wrap: wrap; gap: 8px; }
.filters img { width: 48px; height: 48px; image-rendering: pixelated; border-radius: 3px;
  outline: 1px solid var(--rule); }
pre { margin: 0; padding: 16px; font: .8125rem/1.5 ui-monospace, monospace; }
summary { cursor: pointer; padding: 4px 0; }
:focus-visible { outline: 2px solid var(--series-1); outline-offset: 2px; }
`;

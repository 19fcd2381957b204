/** A confusion matrix in colours. */
import { FONT, INK, MUTED, figure, fit, label, escapeText, named, round, textWidth } from './marks.js';

/**
 * A confusion matrix as coloured squares: rows are truth, columns prediction. A square's strength is the square root of
 * its share of the row (single mistakes stay visible), its hue says right (the diagonal) or wrong. Zeros stay empty.
 */
export function heatMap(classes: readonly string[], counts: readonly (readonly number[])[], title: string): string {
  const K = classes.length;
  const size = 11;
  const widest = Math.max(...counts.flat().map((count) => textWidth(String(count), size)));
  const cell = Math.ceil(Math.max(24, Math.min(46, 560 / K), widest + 6));
  const names = classes.map((name) => fit(name, 130, FONT));
  const nameWidth = Math.max(...names.map((name) => textWidth(name, FONT)));
  const level = nameWidth <= cell - 4;
  // Slanted heads rise to the right at 45°, so they need height above the squares and width behind the last one.
  const slant = level ? 0 : nameWidth * Math.SQRT1_2;
  const left = Math.ceil(nameWidth) + 30;
  const top = Math.ceil(level ? 46 : slant + 42);
  const [width, height] = [Math.ceil(left + K * cell + slant + 8), top + K * cell + 4];
  const marks = [
    label(left + (K * cell) / 2, 14, 'predicted', `text-anchor="middle" fill="${MUTED}"`),
    label(0, 0, 'truth',
      `text-anchor="middle" fill="${MUTED}" transform="translate(13 ${top + (K * cell) / 2}) rotate(-90)"`),
  ];
  counts.forEach((row, t) => {
    const sum = row.reduce((total, count) => total + count, 0);
    const middle = round((t + 0.5) * cell);
    marks.push(named(label(left - 8, top + middle + 4, names[t], `text-anchor="end" fill="${INK}"`), classes[t]));
    const head = level
      ? label(left + middle, top - 8, names[t], `text-anchor="middle" fill="${INK}"`)
      : label(0, 0, names[t], `fill="${INK}" transform="translate(${left + middle} ${top - 8}) rotate(-45)"`);
    marks.push(named(head, classes[t]));
    row.forEach((count, p) => {
      const [x, y] = [left + p * cell, top + t * cell];
      const strength = count > 0 ? Math.sqrt(count / sum) : 0;
      const fill = p === t ? 'var(--heat-right, #1d4f91)' : 'var(--heat-wrong, #8a370b)';
      const tip = `<title>${escapeText(`${classes[t]} called ${classes[p]}: ${count} of ${sum}`)}</title>`;
      marks.push(`<rect x="${x + 0.5}" y="${y + 0.5}" width="${cell - 1}" height="${cell - 1}" rx="2" ` +
        `fill="${fill}" fill-opacity="${round(Math.max(strength, 0.04))}">${tip}</rect>`);
      if (count === 0) return;
      // Ink changes where both inks reach a contrast of 4.5 : 1.
      const ink = strength < 0.77 ? 'var(--heat-ink-weak, #000)' : 'var(--heat-ink-strong, #fff)';
      marks.push(label(x + cell / 2, y + cell / 2 + 4, String(count),
        `text-anchor="middle" font-size="${size}" fill="${ink}" pointer-events="none"`));
    });
  });
  return figure(title, width, height, marks);
}

/** Colors of curves by meaning; all of them tokens of the page's look, so that light and dark follow by themselves. */
export const INK = 'var(--accent)';
export const TEACHER = 'var(--teacher)';
/** A level to be warned of (uniform collapse), and one to hope for or to beat. */
export const WARN_LEVEL = 'var(--alarm)';
export const GOOD_LEVEL = 'var(--quiet)';

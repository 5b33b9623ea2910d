/** Formulas as MathML, which browsers set themselves: small pieces to write them with. */
import { createElement, type ReactNode } from 'react';

const element =
  (tag: string) =>
  (...children: ReactNode[]): ReactNode =>
    createElement(tag, null, ...children);

/** A name, a number, a sign, words. */
export const mi = element('mi');
export const mn = element('mn');
export const mo = element('mo');
export const words = element('mtext');
export const row = element('mrow');
export const sub = element('msub');
export const sup = element('msup');
export const subsup = element('msubsup');
export const frac = element('mfrac');
export const root = element('msqrt');
/** A sum over what stands below it. */
export const sum = (over: ReactNode): ReactNode =>
  createElement('munder', null, createElement('mo', { movablelimits: 'false', largeop: 'true' }, '∑'), over);

/** Words within a formula, set apart by spaces. */
export const wordsApart = (text: string): ReactNode => words(`\u00a0${text}\u00a0`);

export const hat = (of: ReactNode): ReactNode =>
  createElement('mover', { accent: 'true' }, of, createElement('mo', { stretchy: 'false' }, '^'));

export const paren = (...inside: ReactNode[]): ReactNode =>
  row(createElement('mo', { form: 'prefix' }, '('), ...inside, createElement('mo', { form: 'postfix' }, ')'));

export const gets = mo('←');
export const times = mo('·');
export const plus = mo('+');
export const minus = mo('−');
export const equals = mo('=');

/** The symbols of the paper, as they stand in all formulas. */
export const SYMBOL = {
  centerVector: mi('c'),
  teacherScore: sub(mi('z'), mi('t')),
  studentScore: sub(mi('z'), mi('s')),
  teacherTemp: sub(mi('τ'), mi('t')),
  studentTemp: sub(mi('τ'), mi('s')),
  teacherAnswer: sub(mi('P'), mi('t')),
  studentAnswer: sub(mi('P'), mi('s')),
  teacherWeights: sub(mi('θ'), mi('t')),
  studentWeights: sub(mi('θ'), mi('s')),
} as const;

/** @param props.says the formula in words, for those who do not see it. */
export function Formula({ says, children }: { says: string; children: ReactNode }) {
  return createElement('math', { display: 'block', 'aria-label': says }, children);
}

/** A symbol within a line of text. */
export const Inline = ({ children }: { children: ReactNode }) => createElement('math', null, children);

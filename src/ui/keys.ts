/** The page's keys. They rest while a person types, a dialog is open, or a focused control needs the key itself. */
import { useEffect } from 'react';

export interface KeyActions {
  trainOrPause: () => void;
  step: () => void;
  reset: () => void;
  help: () => void;
}

export const KEYS: readonly { key: string; label: string; does: string; action: keyof KeyActions }[] = [
  { key: ' ', label: 'Space', does: 'Train, or pause', action: 'trainOrPause' },
  { key: '.', label: '.', does: 'One step, then pause', action: 'step' },
  { key: 'r', label: 'R', does: 'Reset: begin anew with the present settings', action: 'reset' },
  { key: '?', label: '?', does: 'This list', action: 'help' },
];

const TYPING =
  'input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable=true]';
/** Controls that act on the space bar themselves. */
const PRESSED_BY_SPACE =
  'button, a[href], input, summary, [role=button], [role=tab], [role=option], [role=menuitem], [role=slider], [role=switch], [role=radio], [role=checkbox]';

export function useKeys(actions: KeyActions): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest(TYPING) || document.querySelector('[role=dialog][aria-modal=true], [role=menu]'))
        return;
      if (event.key === ' ' && target?.closest(PRESSED_BY_SPACE)) return;
      const pressed = KEYS.find(({ key }) => key === event.key.toLowerCase());
      if (!pressed) return;
      event.preventDefault();
      actions[pressed.action]();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [actions]);
}

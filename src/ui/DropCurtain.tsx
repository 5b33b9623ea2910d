/** The whole window takes a drop that nothing on the page has taken, and says so while something is dragged over it. */
import { useEffect, useState } from 'react';
import { loadDropped } from '../state/gathering.ts';
import { openDropped } from '../state/moving-actions.ts';
import { openableOf } from '../state/moving-drop.ts';

export function DropCurtain() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    // Every element that is entered and left counts; the drag is outside when as many were left as entered.
    let depth = 0;
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth += 1;
      setOver(true);
    };
    const move = (event: DragEvent) => {
      if (!carriesFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    };
    const leave = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const drop = (event: DragEvent) => {
      depth = 0;
      setOver(false);
      const { dataTransfer } = event;
      // A place on the page has taken it for itself.
      if (event.defaultPrevented || !dataTransfer || !carriesFiles(event)) return;
      event.preventDefault();
      // The browser empties the transfer once this handler returns, so gathering begins within it.
      const file = openableOf(dataTransfer.items);
      if (file) openDropped(file);
      else void loadDropped(dataTransfer.items);
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragover', move);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragover', move);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  if (!over) return null;
  return (
    <div className="curtain" aria-hidden="true">
      <div>
        <p>Drop to train on these images</p>
        <p className="quiet">
          Folders, images, .zip, .tar, .tgz or .parquet; or one file of weights or settings; nothing is
          uploaded
        </p>
      </div>
    </div>
  );
}

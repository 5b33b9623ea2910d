/** How long ago the run was saved, or that it is not: a few words in the status line. */
import { savedWords, troubleOf } from '../../state/keeping-text.ts';
import { useKeeping, useSession } from '../use-stores.ts';
import { useNow } from './use-now.ts';

export function SavedAgo() {
  const keeping = useKeeping((state) => state.keeping);
  const begun = useSession(({ status }) => (status?.step ?? 0) > 0);
  const now = useNow(1000);
  const trouble = troubleOf(keeping);
  // A save may have come after the last tick.
  const words = begun ? savedWords(keeping, Math.max(now, keeping.saved?.at ?? 0)) : '';
  return (
    <span
      className="statusSaved"
      data-trouble={trouble !== null}
      data-testid="saved"
      title={trouble ? `${trouble.what} ${trouble.remedy}` : undefined}
    >
      {words}
    </span>
  );
}

/** The present run as a project that goes on with it in PyTorch. */
import { z } from 'zod';

export const clusterCommands = [
  /** Answered by 'exported' with a zip, or by 'moving-refused'. */
  z.object({ type: z.literal('export-cluster') }),
] as const;

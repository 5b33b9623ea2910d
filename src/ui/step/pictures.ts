/** What every phase's picture is given. */
import type { Anatomy } from '../../protocol/anatomy.ts';
import type { Size } from '../canvas/fit.ts';

export interface PictureProps {
  anatomy: Anatomy;
  /** CSS pixels that it may take. */
  room: Size;
}

/** Colors of both networks, and of what belongs to neither. */
export const TEACHER = 'var(--teacher)';
export const STUDENT = 'var(--student)';
export const NEUTRAL = 'var(--quiet)';

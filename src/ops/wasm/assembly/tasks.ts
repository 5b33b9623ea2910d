/** The kinds of tasks that threads share. */
import { outerTask } from './outer.ts';
import { packTask, productTask } from './product.ts';

export const PACK: i32 = 0;
export const PRODUCT: i32 = 1;
export const OUTER: i32 = 2;

export function runTask(kind: i32, task: i32): void {
  switch (kind) {
    case PACK:
      return packTask(task);
    case PRODUCT:
      return productTask(task);
    case OUTER:
      return outerTask(task);
    default:
      unreachable();
  }
}

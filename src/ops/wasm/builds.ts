/** The binaries that the kernels are compiled to: with or without fused multiply-add, on own or shared memory. */

export const KERNEL_BUILDS = ['plain', 'relaxed', 'shared', 'sharedRelaxed'] as const;
export type KernelBuild = (typeof KERNEL_BUILDS)[number];

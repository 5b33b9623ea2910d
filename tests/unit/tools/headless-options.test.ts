/** The command line of a headless run: what it makes of the page's address, and what it refuses. */
import { describe, expect, it } from 'vitest';
import { decodeHash } from '../../../src/config/url.ts';
import { CommandLineError, readOptions } from '../../../tools/headless-options.ts';

const FOLDER = 'tests/unit';

describe('readOptions', () => {
  it('takes the samples and their preset by itself', () => {
    expect(readOptions([])).toMatchObject({
      data: { kind: 'made', source: 'samples' },
      address: '#',
      backend: null,
      software: false,
    });
  });

  it('takes nano for own images', () => {
    const options = readOptions(['--data', FOLDER, '--steps', '300', '--seed', '4']);
    expect(options).toMatchObject({
      data: { kind: 'folder', path: FOLDER },
      address: '#preset=nano&training.stopAfter=300&training.seed=4',
    });
  });

  it('writes an address that the page reads as the very config', () => {
    const options = readOptions([
      ...['--data', 'tinted', '--preset', 'small', '--backend', 'wasm', '--steps', '20'],
      ...['--set', 'head.prototypes=128', '--set', 'head.bottleneck=none', '--set', 'data.labelSeparator=&'],
    ]);
    expect(options?.address.startsWith('?backend=wasm#preset=small&')).toBe(true);
    const decoded = decodeHash(options?.address.split('#')[1] ?? '');
    expect(decoded).toMatchObject({ config: options?.config, problem: null });
    expect(decoded.config).toMatchObject({
      data: { source: 'tinted', labelSeparator: '&' },
      head: { prototypes: 128, bottleneck: null },
      training: { stopAfter: 20 },
    });
  });

  it('takes --software for WebGPU', () => {
    expect(readOptions(['--software'])).toMatchObject({ backend: 'webgpu', address: '?backend=webgpu#' });
  });

  it('takes studies in their order', () => {
    expect(readOptions([])?.studies).toEqual([]);
    expect(readOptions(['--eval', 'report, knn,embedding,features'])?.studies).toEqual([
      'report',
      'knn',
      'embedding',
      'features',
    ]);
  });

  it('takes a place for the zip for a cluster', () => {
    expect(readOptions([])?.cluster).toBeNull();
    expect(readOptions(['--cluster', 'out/run.zip'])?.cluster).toBe('out/run.zip');
  });

  it('answers --help', () => {
    expect(readOptions(['--help'])).toBeNull();
  });

  it.each([
    [['--data', 'no/such/folder'], /no\/such\/folder: no such folder or file/],
    [['--data', 'package.json'], /give a folder, a \.zip/],
    [['--preset', 'huge'], /no preset huge; there are samples, nano/],
    [['--set', 'head.prototypes'], /give KEY=VALUE/],
    [['--pretrained', 'no/such.safetensors'], /no\/such\.safetensors: no such file/],
    [['--pretrained', 'package.json'], /give a \.safetensors; docs\/weights\.md/],
    [['--set', 'head.prototypes=some'], /head\.prototypes cannot be “some”/],
    [['--set', 'head.rows=3'], /no setting “head\.rows”/],
    [['--steps', '0'], /training\.stopAfter cannot be “0”/],
    [['--steps', '5', '--set', 'training.stopAfter=6'], /given twice/],
    [['--eval', 'knn,karma'], /--eval karma: give knn, linear, finetune, report/],
    [['--seed', 'x'], /training\.seed cannot be “x”/],
    [['--backend', 'webgl'], /give wasm or webgpu/],
    [['--backend', 'wasm', '--software'], /--software is for WebGPU/],
    [['--speed', '3'], /--speed/],
  ])('refuses %j', (argv, message) => {
    expect(() => readOptions(argv)).toThrow(CommandLineError);
    expect(() => readOptions(argv)).toThrow(message);
  });
});

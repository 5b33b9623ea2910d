/** The switches of the collapse laboratory: what each does to the settings, and how it stands in them. */
import { applyOverrides } from '../config/overrides.ts';
import { defaultConfig, type RunConfig } from '../config/schema.ts';

export const laboratorySwitches = ['centering', 'sharpening', 'momentum', 'stopGradient'] as const;
export type LaboratorySwitch = (typeof laboratorySwitches)[number];

/** Whether what the switch stands for is at work under these settings. */
export function isOn({ loss, teacher }: RunConfig, which: LaboratorySwitch): boolean {
  switch (which) {
    case 'centering':
      return loss.centering;
    case 'sharpening':
      return loss.sharpening;
    case 'stopGradient':
      return loss.stopGradient;
    case 'momentum':
      return teacher.momentum > 0 || teacher.momentumEnd > 0;
    default:
      return which satisfies never;
  }
}

/** The settings with the switch turned. Momentum that comes back is the paper's, unless `before` knows another. */
export function switched(
  config: RunConfig,
  which: LaboratorySwitch,
  on: boolean,
  before: RunConfig = defaultConfig,
): RunConfig {
  switch (which) {
    case 'centering':
      return applyOverrides(config, { loss: { centering: on } });
    case 'sharpening':
      return applyOverrides(config, { loss: { sharpening: on } });
    case 'stopGradient':
      return applyOverrides(config, { loss: { stopGradient: on } });
    case 'momentum': {
      const { momentum, momentumEnd } = on ? before.teacher : { momentum: 0, momentumEnd: 0 };
      return applyOverrides(config, { teacher: { momentum, momentumEnd } });
    }
    default:
      return which satisfies never;
  }
}

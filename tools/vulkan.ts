/** Finds a Vulkan driver for WebGPU in Node: the machine's own, else the software one inside Chromium. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findChromium } from './chromium.ts';

const DRIVER_FOLDERS = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

const hasOwnDriver = () =>
  process.env.VK_DRIVER_FILES !== undefined ||
  DRIVER_FOLDERS.some((folder) => existsSync(folder) && readdirSync(folder).length > 0);

/**
 * Environment in which a Node process finds a driver; empty where it does already. It has to be set before the
 * process starts, because the loader library is looked up only then.
 */
export function vulkanEnvironment(): Record<string, string> {
  if (process.platform !== 'linux' || hasOwnDriver()) return {};
  const folders = [dirname(realpathSync(findChromium())), '/usr/lib/chromium', '/usr/lib/chromium-browser'];
  const folder = folders.find((candidate) => existsSync(join(candidate, 'vk_swiftshader_icd.json')));
  if (!folder) return {};
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter((path) => path !== undefined).join(':');
  return { VK_DRIVER_FILES: join(folder, 'vk_swiftshader_icd.json'), LD_LIBRARY_PATH: libraries };
}

/** Runs this very program again where it finds a driver, and ends with its code; returns where there is nothing to add. */
export function restartWithDriver(): void {
  const driver = vulkanEnvironment();
  if (Object.keys(driver).length === 0) return;
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, ...driver },
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}

/** Finds a Chromium for tests and headless runs, and installs one where none is. */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';

/** No browser was found and none could be installed; the message says what was tried. */
export class ChromiumMissingError extends Error {
  override name = 'ChromiumMissingError';
  constructor(tried: string[]) {
    super(
      `No Chromium was found. Tried:\n${tried.map((line) => `  ${line}`).join('\n')}\n` +
        'Install Chromium or Chrome, or set CHROME_PATH to its program file.',
    );
  }
}

/** Quiet and repeatable: nothing of the browser's own goes over the network. */
export const QUIET_FLAGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  // Stands for Playwright's own list, as the last of several counts. Without the two popups of the address bar a window
  // costs half a second of processor less.
  `--disable-features=${[
    ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'AimEnabled', 'DestroyProfileOnBrowserClose'],
    ...['HttpsUpgrades', 'HttpsFirstBalancedModeAutoEnable', 'MediaRouter', 'OptimizationHints'],
    ...['NetworkTimeServiceQuerying', 'PreconnectToSearch', 'PaintHolding', 'ThirdPartyStoragePartitioning'],
  ].join()}`,
];

/** WebGPU on Chromium's software adapter: slow, but it runs every kernel on a machine without a GPU. */
export const SOFTWARE_WEBGPU_FLAGS = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/**
 * For tests alone, an option of Dawn's in Node and, with dashes before it, of Chromium. WGSL zeroes workgroup memory, which
 * the software adapter compiles for up to two seconds a kernel; a kernel that reads what it has not written is wrong anyway.
 */
export const UNZEROED_MEMORY = 'enable-dawn-features=disable_workgroup_init';

/** WebGPU on the machine's own GPU, which Linux hides behind a flag in a headless browser. */
export const HARDWARE_WEBGPU_FLAGS = [
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--ignore-gpu-blocklist',
];

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
];

function usualPlaces(): string[] {
  if (process.platform === 'darwin')
    return [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    ];
  if (process.platform === 'win32')
    return [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
      .filter((root) => root !== undefined)
      .flatMap((root) => [
        join(root, 'Google', 'Chrome', 'Application', 'chrome.exe'),
        join(root, 'Chromium', 'Application', 'chrome.exe'),
        join(root, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
      ]);
  return [];
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(executable);
}

/** Runs an installer, its output on our stderr. Returns whether it succeeded. */
function install(command: string, args: string[]): boolean {
  console.error(`No Chromium here; running: ${command} ${args.join(' ')}`);
  try {
    execFileSync(command, args, {
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * Path of a Chromium: CHROME_PATH, the usual names and places, Playwright's own, else a fresh install by Playwright,
 * else (as root on Debian) by apt. Throws ChromiumMissingError.
 */
export function findChromium(): string {
  const tried: string[] = [];
  const named = process.env.CHROME_PATH;
  if (named !== undefined && named !== '') {
    if (executable(named)) return named;
    throw new ChromiumMissingError([`CHROME_PATH=${named}: not a program that can be run`]);
  }
  const found = onPath() ?? usualPlaces().find(executable);
  if (found !== undefined) return found;
  tried.push(`on PATH: ${NAMES.join(', ')}`, ...usualPlaces());
  const own = chromium.executablePath();
  if (executable(own)) return own;
  tried.push(own);
  if (install('npx', ['playwright', 'install', 'chromium']) && executable(own)) return own;
  tried.push('npx playwright install chromium');
  if (process.platform === 'linux' && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    install('apt-get', ['update']);
    install('apt-get', ['install', '-y', '--no-install-recommends', 'chromium']);
    const installed = onPath();
    if (installed !== undefined) return installed;
    tried.push('apt-get install chromium');
  }
  throw new ChromiumMissingError(tried);
}
